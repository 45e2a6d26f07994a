import { expect, test } from "vitest";
import * as mpsc from "../channel/mpsc.ts";
import * as t from "../schema/index.ts";
import { BatchSink } from "./batches.ts";
import type { SetEvent } from "./events.ts";
import { type Batch, batchType, setEvent } from "./wire.ts";

const batch = batchType(setEvent(t.u32), t.u32);

/** A subscriber that takes a batch whenever it is asked to. */
function subscriber(): { sink: BatchSink<SetEvent<number>, number>; next: () => Promise<unknown>; drop: () => void } {
  const sink = new BatchSink<SetEvent<number>, number>(1_000, {
    items: undefined,
    before: [],
    collapse: undefined,
    bringing: { name: "Set", eventOf: (item) => ({ Set: item }) },
    isAlone: () => true,
  });
  let rx: mpsc.Receiver<Batch<SetEvent<number>, number>> | undefined;
  const next = (): Promise<unknown> => {
    if (rx === undefined) {
      const [tx, receiver] = mpsc.channel(batch, { capacity: 0 });
      rx = receiver;
      void sink.pump(tx, () => {});
    }
    return rx.recv();
  };
  return { sink, next, drop: () => rx?.drop() };
}

test("subscribers that took an event at different moments share the batches that follow", async () => {
  const [prompt, late] = [subscriber(), subscriber()];
  const tell = (value: number): void => {
    const step = [{ Set: value }];
    for (const { sink } of [prompt, late]) sink.add(step);
  };
  tell(0);
  expect(await prompt.next()).toEqual({ Items: [0] });
  for (let value = 1; value <= 100; value += 1) tell(value);
  const shared = await prompt.next();
  expect(shared).toEqual({ Items: Array.from({ length: 16 }, (_, at) => at + 1) });
  expect(await late.next()).toEqual({ Items: [0] });
  expect(await late.next()).toBe(shared);
  expect(await late.next()).toBe(await prompt.next());
  prompt.drop();
  late.drop();
});
