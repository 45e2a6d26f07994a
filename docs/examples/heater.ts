/** What `cuttle import docs/examples/heater.rs` makes. */

// #region readme
// From docs/examples/heater.rs, by `cuttle import`. Changes belong there.
import { type ClientOf, service, t } from "../../ts/index.ts";

/** Heating failed. */
export const HeatError = t.enum("HeatError", {
  /** It would become too hot. */
  TooHot: t.struct({
    /** What is allowed, in degrees. */
    limit: t.u32,
  }),
  /** The call itself failed. */
  Call: t.callError,
});

/** A value of {@link HeatError}. */
export type HeatError = t.Infer<typeof HeatError>;

/** A heater in another room. */
export const Heater = service("Heater", {
  /** How hot it is, in degrees. */
  temperature: t.method("&self", {}, t.u32),
  /** Tells how hot it is whenever that changes. */
  watch: t.method("&mut self", {}, t.watch.receiver(t.u32)),
  /**
   * Makes it hotter.
   *
   * @param by degrees to add
   */
  heat: t.method("&mut self", { by: t.u32 }, t.unit, HeatError),
  /** Measures as often as told, with a pause between. */
  measure: t.method("&self", { times: t.u32, pause: t.duration }, t.mpsc.receiver(t.u32)),
});

/** Calls a {@link Heater}. */
export type HeaterClient = ClientOf<typeof Heater>;
// #endregion
