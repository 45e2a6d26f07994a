/** Uses the contract that was imported. */

// #region readme
import { consume, type Target } from "../../ts/index.ts";
import { HeatError, Heater } from "./heater.ts";

/** Heats until that is refused; the highest temperature that was reached. */
export async function heatUp(target: Target): Promise<number> {
  await using heater = await consume(Heater, target);
  try {
    for (;;) await heater.heat({ by: 10 });
  } catch (error) {
    if (!HeatError.is(error, "TooHot")) throw error;
    return Math.min(error.limit, await heater.temperature());
  }
}
// #endregion
