/** What a program can learn about a connection: statistics, ports, traces. */

import { expect, test } from "vitest";
import { connectTransport } from "../../ts/connect/connect.ts";
import { json, memoryPair, mpsc, t } from "../../ts/index.ts";
import { readTrace, Trace, traceText } from "../../ts/mux.ts";
import { pair } from "../../ts/testing.ts";
import { VirtualClock } from "./support/clock.ts";
import { assertNothingLeft, muxPair, portBetween, TINY } from "./support/muxes.ts";
import { turns } from "./support/wait.ts";

test("a port says why what it queues waits: for the answer, for credit, for its turn", async () => {
  const { a, b, clock } = await muxPair(TINY);
  const [near, far] = await portBetween(a, b);
  const [nested] = await near.connect(1);
  void nested?.send(new Uint8Array(8)).catch(() => {});
  await turns(6);
  expect(nested?.stats()).toMatchObject({ queuedMessages: 1, queuedBytes: 8, waitsFor: "answer" });
  void near.send(new Uint8Array(100)).catch(() => {});
  expect(near.stats().waitsFor).toBe("turn");
  await turns(6);
  expect(near.stats()).toMatchObject({ queuedMessages: 1, creditBytes: 0, queuedBytes: 40, waitsFor: "credit" });
  expect(far.stats()).toMatchObject({ queuedMessages: 0, unreadBytes: 60, waitsFor: undefined });
  expect(a.portStats().map(({ port }) => port)).toEqual([near.number, nested?.number]);
  await assertNothingLeft(clock, a, b);
});

test("the way to the peer is known where both ends acknowledge: round trip, window, what is under way", async () => {
  const net = pair({ latencyMs: 40 });
  const gathering = { ...net.options, send: t.bytes, receive: t.bytes };
  const [near, far] = await net.run(
    Promise.all([
      connectTransport(Object.assign(net.a, { gathers: true }), gathering),
      connectTransport(Object.assign(net.b, { gathers: true }), gathering),
    ]),
  );
  const reading = (async () => {
    for await (const _ of far.rx);
  })();
  for (let at = 0; at < 20; at += 1) await net.run(near.tx.send(new Uint8Array(10_000)));
  const { path } = near.stats();
  expect(path.windowBytes).toBeGreaterThan(0);
  expect(path.inFlightBytes).toBeGreaterThan(0);
  await net.advance(200);
  expect(near.stats().path.roundTripMs).toBeCloseTo(80, 0);
  expect(near.stats().path.inFlightBytes).toBe(0);
  await net.run(Promise.all([near.close(), far.close(), reading]));
});

test("a connection traced from its first frame on is shown whole, in both directions, and not a byte more is sent", async () => {
  const clock = new VirtualClock();
  const run = async (trace?: Trace): Promise<string[]> => {
    const frames: string[] = [];
    const below = memoryPair({
      tap: (direction, frame) => frames.push(direction + Buffer.from(frame).toString("hex")),
    });
    const options = { clock, codec: json, send: t.mpsc.sender(t.u32), receive: t.mpsc.sender(t.u32) };
    const [near, far] = await Promise.all([
      connectTransport(below.a, { ...options, seed: 10, ...(trace === undefined ? {} : { trace }) }),
      connectTransport(below.b, { ...options, seed: 20 }),
    ]);
    const [tx, rx] = mpsc.channel(t.u32);
    await near.tx.send(tx);
    const sender = await far.rx.recv();
    await sender?.send(7);
    expect(await rx.recv()).toBe(7);
    await near.close();
    await far.close();
    return frames;
  };
  const trace = new Trace();
  const frames = await run(trace);
  expect(frames).toEqual(await run());
  const recorded = readTrace(trace.bytes()).frames.map(({ direction, bytes }) => {
    return (direction === "sent" ? "a-to-b" : "b-to-a") + Buffer.from(bytes).toString("hex");
  });
  for (const way of ["a-to-b", "b-to-a"]) {
    expect(recorded.filter((frame) => frame.startsWith(way))).toEqual(frames.filter((frame) => frame.startsWith(way)));
  }
  const text = [...traceText(trace.bytes())].map((line) => line.trim().replace(/^0\.000 /, ""));
  expect(text[0]).toBe("→ Reset");
  expect(text[1]).toMatch(/^→ Hello version 3, timeout 60000 ms/);
  expect(text).toContainEqual(expect.stringMatching(/^→ {3}\d+ bytes: 7b 22 5f 30 22 3a/));
  expect(text.at(-1)).toBe("← Goodbye");
});

test("a trace can begin and end while the connection lives", async () => {
  const { a, b, clock } = await muxPair();
  const [near, far] = await portBetween(a, b);
  const trace = new Trace();
  a.trace(trace);
  await near.send(new TextEncoder().encode("seen"));
  await far.receive();
  await turns(4);
  a.trace(undefined);
  await near.send(new TextEncoder().encode("not seen"));
  await far.receive();
  const payloads = readTrace(trace.bytes()).frames.filter(({ isPayload }) => isPayload);
  expect(payloads.map(({ bytes }) => new TextDecoder().decode(bytes))).toEqual(["seen"]);
  await assertNothingLeft(clock, a, b);
});
