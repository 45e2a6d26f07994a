/** A price as a signal of the signals proposal. */

// #region readme
import { Signal } from "signal-polyfill";
import type { MirroredMap } from "../../ts/index.ts";
import { asSignal } from "../../ts/signals.ts";

/** Calls `show` for each price of `name` until it is told to stop. */
export function showPrice(prices: MirroredMap<string, number>, name: string, show: (text: string) => void): () => void {
  const price = asSignal(Signal, prices, { key: name });
  const text = new Signal.Computed(() => `${name}: ${price.get()}`);
  const watcher = new Signal.subtle.Watcher(() => {
    queueMicrotask(() => {
      if (watcher.getPending().length > 0) show(text.get());
      watcher.watch();
    });
  });
  watcher.watch(text);
  show(text.get());
  return () => watcher.unwatch(text);
}
// #endregion
