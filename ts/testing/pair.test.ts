import { expect, test } from "vitest";
import { recorder } from "../transport/recorder.ts";
import { type NetworkOptions, pair } from "./pair.ts";

/** A started pair, and when each frame that `a` sends arrives at `b`. */
async function started(options: NetworkOptions) {
  const net = pair(options);
  const arrivals: number[] = [];
  const far = recorder(() => arrivals.push(net.clock.now()));
  const near = recorder();
  await Promise.all([net.a.start(near), net.b.start(far)]);
  return { net, near, far, arrivals };
}

test("without options frames arrive and no time passes", async () => {
  const { net, far, arrivals } = await started({});
  net.a.send(new Uint8Array(3));
  await net.run(far.untilFrames(1));
  expect([arrivals, net.clock.timers]).toEqual([[0], 0]);
});

test("latency delays every byte, and the rate carries one frame after the other", async () => {
  const { net, arrivals } = await started({ latencyMs: 80, rate: "1Mbit" });
  net.a.send(new Uint8Array(1250));
  net.a.send(new Uint8Array(1250));
  await net.advance(89);
  expect(arrivals).toEqual([]);
  await net.advance(100);
  expect(arrivals).toEqual([90, 100]);
});

test("what is handed over faster than the rate takes room until it is carried", async () => {
  const { net, near } = await started({ rate: "1Mbit" });
  net.a.send(new Uint8Array(64 * 1024));
  expect(net.a.capacity()).toBeLessThanOrEqual(0);
  await net.run(near.until(() => near.writables === 1));
  expect(net.clock.now()).toBeCloseTo((64 * 1024) / 125, 5);
});

test("a network that breaks loses what is under way and tells both ends", async () => {
  const { net, near, far, arrivals } = await started({ latencyMs: 80, cutAfterMs: 4_000 });
  await net.advance(3_990);
  net.a.send(new Uint8Array(1));
  await net.advance(1_000);
  expect([arrivals, near.outcome, far.outcome]).toEqual([
    [],
    { end: { reason: "the memory transport was cut" } },
    { end: { reason: "the memory transport was cut" } },
  ]);
});

test("a promise that nothing can settle is said to be pending, and one that takes too long, too", async () => {
  const { net } = await started({});
  const never = new Promise<void>(() => {});
  await expect(net.run(never)).rejects.toThrow(/nothing is under way any more/);
  const stop = net.clock.timer(2_000, () => {});
  await expect(net.run(never, 1_000)).rejects.toThrow(/after 1000 ms/);
  stop();
});

test("a rate that is none is refused", () => {
  expect(() => pair({ rate: "10 MB" as "10Mbit" })).toThrow(/"10 MB"/);
});
