import { type Infer, mpsc, t } from "../../ts/index.ts";
import { type Ending, type Route, session, withLimits } from "./session.ts";
import { CountNote, CountReq } from "./types.ts";

/** Asks for several counts at once, and receives all numbers. */
export async function count(
  route: Route,
  { upTo }: { upTo: number[] },
): Promise<{ received: number[][]; ending: Ending }> {
  return await session(route, "count", { send: CountReq, receive: CountNote }, async (conn) => {
    const receivers: mpsc.Receiver<number>[] = [];
    for (const up_to of upTo) {
      const [seq_tx, seq_rx] = mpsc.channel(t.u32);
      await conn.tx.send({ up_to, seq_tx });
      receivers.push(seq_rx);
    }
    return { received: await Promise.all(receivers.map(numbersOf)) };
  });
}

/** A peer that sends without end is stopped by it after some hundred numbers, not ten thousands. */
export const SMALL_WINDOW_BYTES = 4_096;

/** What came of a count that was stopped. */
export interface StoppedCount {
  received: number;
  inOrder: boolean;
  note: Infer<typeof CountNote> | undefined;
  ending: Ending;
}

/** Asks for more than can be buffered, stops it after some numbers, and receives the peer's note about that. */
export async function countStopped(
  route: Route,
  { how, after }: { how: "close" | "drop"; after: number },
): Promise<StoppedCount> {
  return await session(
    withLimits(route, { portWindowBytes: SMALL_WINDOW_BYTES }),
    "count",
    { send: CountReq, receive: CountNote },
    async (conn) => {
      const [seq_tx, seq_rx] = mpsc.channel(t.u32);
      await conn.tx.send({ up_to: 1_000_000, seq_tx });
      const numbers: number[] = [];
      while (numbers.length < after) numbers.push((await seq_rx.recv()) ?? Number.NaN);
      seq_rx[how]();
      if (how === "close") numbers.push(...(await numbersOf(seq_rx)));
      const note = await conn.rx.recv();
      return { received: numbers.length, inOrder: numbers.every((number, index) => number === index), note };
    },
  );
}

/** All values to the end. */
export async function numbersOf(receiver: mpsc.Receiver<number>): Promise<number[]> {
  const numbers: number[] = [];
  for await (const number of receiver) numbers.push(number);
  return numbers;
}
