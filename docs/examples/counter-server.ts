/** Implements a counter. */

// #region readme
import { type ArgsOf, type Impl, provide, type Target, t, watch } from "../../ts/index.ts";
import { Counter, IncreaseError } from "./counter.ts";

class CounterImpl implements Impl<typeof Counter> {
  #tx = watch.channel(t.u32, 0)[0];

  value() {
    return this.#tx.borrow();
  }

  watch() {
    return this.#tx.subscribe();
  }

  increase({ by }: ArgsOf<typeof Counter, "increase">) {
    const current_value = this.#tx.borrow();
    if (current_value + by > 4_294_967_295) throw IncreaseError.error({ Overflow: { current_value } });
    this.#tx.send(current_value + by);
    return null;
  }
}

/** In a worker or a Node server; resolves when the other side has its client. */
export async function serveCounter(to: Target): Promise<void> {
  await provide(Counter, new CounterImpl(), { to });
}
// #endregion
