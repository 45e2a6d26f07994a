import { type Infer, service, t } from "../../ts/index.ts";

/** The error of `increase`. */
export const IncreaseError = t.enum("IncreaseError", {
  Overflow: t.struct({ current_value: t.u32 }),
  Call: t.callError,
});

/** What `open` returns. */
export const Session = service("Session", {
  name: t.method("&self", {}, t.str),
  end: t.method("self", {}, t.str),
});

/** The trait of the scenarios `counter` and `use-counter`, as the Rust peers have it but for the last method. */
export const Counter = service(
  "Counter",
  {
    value: t.method("&self", {}, t.u32),
    watch: t.method("&mut self", {}, t.watch.receiver(t.u32)),
    increase: t.method("&mut self", { by: t.u32 }, t.unit, IncreaseError),
    count_to_value: t.method("&self", { step: t.u32, delay: t.duration }, t.mpsc.receiver(t.u32)),
    wait: t.method("&self", { begun: t.oneshot.sender(t.unit) }, t.unit),
    cancelled: t.method("&self", {}, t.u32),
    insist: t.method("&self", { begun: t.oneshot.sender(t.unit), go: t.oneshot.receiver(t.unit) }, t.unit, undefined, {
      noCancel: true,
    }),
    text: t.method("&self", { len: t.u32 }, t.str),
    measure: t.method("&self", { text: t.str, twice: t.withDefault(t.bool, false) }, t.u32),
    open: t.method("&self", { name: t.str }, t.client(Session)),
    unknown_to_peer: t.method("&self", {}, t.u32),
  },
  { clone: true },
);

/** The error of the functions. */
export const FnError = t.enum("FnError", { TooLarge: t.struct({ limit: t.u32 }), Call: t.rfnCallError });

/** Never leaves its owner. */
export class Secret {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const Add = t.rfn([t.u32, t.u32], t.u32, FnError);

/** What the owner gives in the scenarios `objects` and `use-objects`. */
export const Objects = t.struct("Objects", {
  add: Add,
  next: t.rfnMut([], t.u32, FnError),
  last: t.rfnOnce([t.str], t.str, FnError),
  secret: t.handle(Secret),
  reveal: t.rfn([t.handle(Secret)], t.str, FnError),
  lazy: t.lazyValue(t.str),
  blob: t.lazyBlob,
  lock: t.rwLock(t.u32),
  apply: t.rfn([Add], t.u32, FnError),
});

/** The parts of it. */
export type Objects = Infer<typeof Objects>;
