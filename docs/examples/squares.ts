/** A worker that squares numbers, and the page that uses it. Nothing but the two ends of a MessagePort is needed. */

// #region readme
import { consume, mpsc, provide, type Target, t } from "../../ts/index.ts";

const Squares = t.struct({ numbers: t.mpsc.sender(t.u32), squares: t.mpsc.receiver(t.u32) });

/** Runs in the worker; `page` is `self` there, or a MessagePort. */
export async function worker(page: Target): Promise<void> {
  const [numbers, input] = mpsc.channel(t.u32);
  const [output, squares] = mpsc.channel(t.u32);
  await provide(Squares, { numbers, squares }, { to: page }); // both halves go to the page
  for await (const n of input) await output.send(n * n);
  output.close();
}

/** Runs in the page; `worker` is a Worker, a SharedWorker or a MessagePort. */
export async function page(worker: Target): Promise<number[]> {
  const { numbers, squares } = await consume(Squares, worker);
  for (const n of [1, 2, 3]) await numbers.send(n);
  numbers.close();
  const results: number[] = [];
  for await (const square of squares) results.push(square);
  return results; // [1, 4, 9]; the connection ends by itself, since every channel in it has ended
}
// #endregion
