import { service, t } from "cuttle";

export const Counter = service("Counter", { value: t.method("&self", {}, t.u32) });
export const Named = t.struct({ name: t.handle(t.str) });
