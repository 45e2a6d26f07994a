/** A remote trait, as both sides import it. */

// #region readme
import { service, t } from "../../ts/index.ts";

export const IncreaseError = t.enum("IncreaseError", {
  Overflow: t.struct({ current_value: t.u32 }),
  Call: t.callError,
});

export const Counter = service("Counter", {
  value: t.method("&self", {}, t.u32),
  watch: t.method("&mut self", {}, t.watch.receiver(t.u32)),
  increase: t.method("&mut self", { by: t.u32 }, t.unit, IncreaseError),
});
// #endregion
