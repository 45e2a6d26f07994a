import { expect, test } from "vitest";
import { describeTransport, pattern } from "./compliance.ts";
import { memoryPair } from "./memory.ts";
import { recorder } from "./recorder.ts";

describeTransport("memory", () => ({ ...memoryPair(), dispose() {} }));

test("cut() loses what is under way and ends both sides", async () => {
  const { a, b, cut } = memoryPair();
  const sinkA = recorder();
  const sinkB = recorder();
  await Promise.all([a.start(sinkA), b.start(sinkB)]);
  a.send(pattern(1, 10));
  cut();
  const outcomes = await Promise.all([sinkA.untilEnd(), sinkB.untilEnd()]);
  expect(outcomes).toEqual([
    { end: { reason: "the memory transport was cut" } },
    { end: { reason: "the memory transport was cut" } },
  ]);
  expect(sinkB.frames).toEqual([]);
});

test("tap() sees every frame with its direction", async () => {
  const seen: [string, number][] = [];
  const { a, b } = memoryPair({ tap: (direction, frame) => seen.push([direction, frame.byteLength]) });
  const sink = recorder();
  await Promise.all([a.start(recorder()), b.start(sink)]);
  a.send(pattern(1, 3));
  b.send(pattern(1, 4));
  await sink.untilFrames(1);
  expect(seen).toEqual([
    ["a-to-b", 3],
    ["b-to-a", 4],
  ]);
});

test("delivers every frame in a microtask of its own", async () => {
  const { a, b } = memoryPair();
  const order: string[] = [];
  await Promise.all([a.start(recorder()), b.start(recorder((frame) => order.push(`frame ${frame[0]}`)))]);
  a.send(Uint8Array.of(1));
  queueMicrotask(() => order.push("other"));
  a.send(Uint8Array.of(2));
  await Promise.resolve();
  await Promise.resolve();
  expect(order).toEqual(["frame 1", "other", "frame 2"]);
});
