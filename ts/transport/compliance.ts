import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nextTask } from "../util/task.ts";
import { recorder } from "./recorder.ts";
import type { Transport } from "./transport.ts";

/** Two connected transports, not started, that accept frames of 1 MiB or of `maxFrameBytes`. */
export interface TransportPair {
  /** Where the carrier itself has a limit. */
  readonly maxFrameBytes?: number;
  /** The one that connected. */
  readonly a: Transport;
  /** The one that was connected to. */
  readonly b: Transport;
  /** Frees what is below; rejects or throws when something is left open. */
  dispose(): Promise<void> | void;
}

/** The behaviour every transport must have, as one suite. */
export function describeTransport(name: string, makePair: () => Promise<TransportPair> | TransportPair): void {
  describe(`the ${name} transport`, () => {
    let pair: TransportPair;
    beforeEach(async () => {
      pair = await makePair();
    });
    afterEach(async () => {
      pair.a.close();
      pair.b.close();
      await pair.dispose();
    });
    keepsFrames(() => pair);
    pushesBack(() => pair);
    ends(() => pair);
  });
}

async function started(
  pair: TransportPair,
): Promise<{ a: ReturnType<typeof recorder>; b: ReturnType<typeof recorder> }> {
  const a = recorder();
  const b = recorder();
  await Promise.all([pair.a.start(a), pair.b.start(b)]);
  return { a, b };
}

function sendAll(transport: Transport, frames: readonly Uint8Array[]): void {
  for (const frame of frames) transport.send(frame);
  transport.flush();
}

function keepsFrames(pair: () => TransportPair): void {
  test("delivers frames whole and in order, in both directions", async () => {
    const { a, b } = await started(pair());
    const frames = Array.from({ length: 200 }, (_, at) => pattern(at, (at * 37) % 1500));
    sendAll(pair().a, frames);
    sendAll(pair().b, frames);
    await Promise.all([a.untilFrames(200), b.untilFrames(200)]);
    expect(b.frames).toEqual(frames);
    expect(a.frames).toEqual(frames);
  });

  test("delivers empty frames between others", async () => {
    const { b } = await started(pair());
    sendAll(pair().a, [pattern(1, 0), pattern(2, 3), pattern(3, 0), pattern(4, 0)]);
    await b.untilFrames(4);
    expect(b.frames.map((frame) => frame.byteLength)).toEqual([0, 3, 0, 0]);
  });

  test("delivers a frame of 1 MiB, or the largest there can be", async () => {
    const { b } = await started(pair());
    const frame = pattern(7, pair().maxFrameBytes ?? 1024 * 1024);
    sendAll(pair().a, [frame]);
    await b.untilFrames(1);
    expect(Buffer.compare(b.frames[0] as Uint8Array, frame)).toBe(0);
  });

  test("delivers plain Uint8Arrays, whose slice() copies", async () => {
    const { b } = await started(pair());
    sendAll(pair().a, [pattern(1, 5), pattern(2, 5000)]);
    await b.untilFrames(2);
    for (const frame of b.frames) expect(Object.getPrototypeOf(frame)).toBe(Uint8Array.prototype);
  });

  test("sends only the bytes of a view, and leaves them and the buffer around them alone", async () => {
    const { b } = await started(pair());
    const around = pattern(9, 4096);
    const whole = pattern(8, 64);
    sendAll(pair().a, [around.subarray(100, 1100), whole]);
    await b.untilFrames(2);
    expect(b.frames[0]).toEqual(pattern(9, 4096).subarray(100, 1100));
    expect(around).toEqual(pattern(9, 4096));
    expect(whole).toEqual(pattern(8, 64));
  });

  test("keeps frames that the other side does not share with the sender", async () => {
    const { b } = await started(pair());
    const frame = pattern(5, 300);
    sendAll(pair().a, [frame]);
    await b.untilFrames(1);
    frame.fill(0);
    expect(b.frames[0]).toEqual(pattern(5, 300));
  });

  test("never delivers from inside send()", async () => {
    const { b } = await started(pair());
    let inside = true;
    pair().a.send(pattern(1, 10));
    pair().a.flush();
    expect(b.frames.length).toBe(0);
    inside = false;
    await b.untilFrames(1);
    expect(inside).toBe(false);
  });

  test("keeps what arrives before start(), in order", async () => {
    const { a: near, b: far } = pair();
    const a = recorder();
    const b = recorder();
    await near.start(a);
    sendAll(near, [pattern(1, 11), pattern(2, 40)]);
    await tasks(20);
    await far.start(b);
    sendAll(near, [pattern(3, 5)]);
    await b.untilFrames(3);
    expect(b.frames).toEqual([pattern(1, 11), pattern(2, 40), pattern(3, 5)]);
  });

  test("refuses a second start()", async () => {
    await started(pair());
    await expect(pair().a.start(recorder())).rejects.toMatchObject({ code: "local_misuse" });
  });
}

function pushesBack(pair: () => TransportPair): void {
  test("has capacity at first, loses it under load, and says when there is some again", async () => {
    const { a, b } = await started(pair());
    const frame = pattern(1, 16 * 1024);
    let sent = 0;
    expect(pair().a.capacity()).toBeGreaterThan(0);
    for (let round = 0; round < 5; round++) {
      const before = a.writables;
      while (pair().a.capacity() > 0 && sent < 10_000) {
        pair().a.send(frame);
        sent += 1;
        if (sent % 8 === 0) pair().a.flush();
      }
      pair().a.flush();
      expect(sent).toBeLessThan(10_000);
      await a.until(() => a.writables > before);
      expect(pair().a.capacity()).toBeGreaterThan(0);
    }
    await b.untilFrames(sent);
  });

  test("has more room once it is told that the other side acknowledges, where it listens to that, and says so under load", async () => {
    const { a, b } = await started(pair());
    const { a: transport } = pair();
    if (transport.widen === undefined) return;
    const before = transport.capacity();
    transport.widen();
    expect(transport.capacity()).toBeGreaterThan(before);
    const frame = pattern(1, 16 * 1024);
    let sent = 0;
    while (transport.capacity() > 0 && sent < 10_000) {
      transport.send(frame);
      sent += 1;
    }
    transport.flush();
    expect(sent).toBeGreaterThan(before / frame.length);
    await a.until(() => a.writables > 0);
    await b.untilFrames(sent);
  });

  test("says nothing about room to somebody who has not missed it", async () => {
    const { a, b } = await started(pair());
    sendAll(pair().a, [pattern(1, 100)]);
    await b.untilFrames(1);
    expect(pair().a.capacity()).toBeGreaterThan(0);
    await tasks(5);
    expect(a.writables).toBe(0);
  });
}

function ends(pair: () => TransportPair): void {
  test("delivers what was sent before close(), and then the end, to the other side", async () => {
    const { b } = await started(pair());
    const frames = Array.from({ length: 50 }, (_, at) => pattern(at, 1000));
    for (const frame of frames) pair().a.send(frame);
    pair().a.close();
    const outcome = await b.untilEnd();
    expect(b.frames).toEqual(frames);
    expect(outcome.error).toBeUndefined();
    expect(outcome.end?.reason).not.toBe("");
  });

  test("tells the side that closed nothing more", async () => {
    const { a, b } = await started(pair());
    sendAll(pair().b, [pattern(1, 10)]);
    pair().a.close();
    await b.untilEnd();
    expect(a.outcome).toBeUndefined();
    expect(a.frames).toEqual([]);
  });

  test("does nothing in close(), send() and flush() after the end", async () => {
    const { a, b } = await started(pair());
    pair().a.close();
    pair().a.close();
    sendAll(pair().a, [pattern(1, 10)]);
    await b.untilEnd();
    sendAll(pair().b, [pattern(1, 10)]);
    pair().b.close();
    pair().b.close();
    await tasks(5);
    expect([a.callsAfterEnd, b.callsAfterEnd]).toEqual([0, 0]);
    expect(b.frames).toEqual([]);
  });

  test("lets a sink close the transport from inside a delivery", async () => {
    const a = recorder();
    const b = recorder(() => pair().b.close());
    await Promise.all([pair().a.start(a), pair().b.start(b)]);
    sendAll(pair().a, [pattern(1, 1), pattern(2, 1), pattern(3, 1)]);
    await a.untilEnd();
    expect(b.frames).toEqual([pattern(1, 1)]);
    expect(b.outcome).toBeUndefined();
  });

  test("delivers what came before the end also when start() comes after both", async () => {
    const { a: near, b: far } = pair();
    await near.start(recorder());
    sendAll(near, [pattern(1, 3)]);
    near.close();
    await tasks(20);
    const b = recorder();
    await far.start(b);
    const outcome = await b.untilEnd();
    expect(b.frames).toEqual([pattern(1, 3)]);
    expect(outcome.error).toBeUndefined();
  });

  test("rejects start() after close()", async () => {
    pair().b.close();
    await expect(pair().b.start(recorder())).rejects.toMatchObject({ name: "CuttleError" });
  });
}

/** Bytes that depend on the seed and the position. */
export function pattern(seed: number, byteLength: number): Uint8Array {
  const bytes = new Uint8Array(byteLength);
  for (let at = 0; at < byteLength; at++) bytes[at] = (seed * 31 + at * 7 + (at >> 8)) & 0xff;
  return bytes;
}

/** Lets a number of tasks pass. */
export async function tasks(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await new Promise<void>((resolve) => nextTask(resolve));
}
