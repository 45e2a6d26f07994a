/** Calls a counter: one in Rust, in Node or in a worker. */

// #region readme
import { consume, type Target } from "../../ts/index.ts";
import { Counter, IncreaseError } from "./counter.ts";

export async function count(target: Target, show: (value: number) => void): Promise<number> {
  await using counter = await consume(Counter, target);
  const watched = await counter.watch();
  await counter.increase({ by: 20 });
  show(await watched.waitFor((value) => value === 20)); // the value comes by itself
  watched.drop();
  try {
    await counter.increase({ by: 4_294_967_295 });
  } catch (error) {
    if (IncreaseError.is(error, "Overflow")) return error.current_value; // 20
    throw error; // a CuttleError: the call itself went wrong
  }
  return await counter.value();
}
// #endregion
