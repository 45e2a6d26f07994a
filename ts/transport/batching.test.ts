import { expect, test, vi } from "vitest";
import { batching } from "./batching.ts";
import { memoryPair } from "./memory.ts";
import { recorder } from "./recorder.ts";
import type { Transport } from "./transport.ts";

const ANNOUNCEMENT = bytes("f0637574746c6503");
const [RESET, HELLO] = [bytes("01"), bytes("02ff")];

test("announcement, Reset and Hello are messages of their own; then a flush is one message", async () => {
  const { one, other, messages } = await met();
  const payload = new Uint8Array(300).fill(7);
  one.transport.send(bytes("070100000003"));
  one.transport.send(payload);
  one.transport.send(new Uint8Array(0));
  expect(messages).toEqual([ANNOUNCEMENT, RESET, HELLO].map(hex));
  one.transport.flush();
  await other.sink.untilFrames(5);
  expect(messages.slice(3)).toEqual([`0006${"070100000003"}ac02${hex(payload)}00`]);
  expect(other.sink.frames.slice(2).map(hex)).toEqual(["070100000003", hex(payload), ""]);
});

test("towards a peer that announces nothing every frame stays a message", async () => {
  const messages: string[] = [];
  const pair = memoryPair({ tap: (direction, frame) => direction === "a-to-b" && messages.push(hex(frame)) });
  const transport = batching(pair.a);
  await Promise.all([transport.start(recorder()), pair.b.start(recorder())]);
  pair.b.send(RESET);
  pair.b.send(HELLO);
  for (const frame of [RESET, HELLO, bytes("03"), bytes("0f")]) transport.send(frame);
  transport.flush();
  expect(messages).toEqual([hex(ANNOUNCEMENT), "01", "02ff", "03", "0f"]);
});

test("H18: an announcement that is malformed, late or repeated is an ordinary frame", async () => {
  for (const frames of [
    [bytes("f0637574746c6502"), ANNOUNCEMENT, bytes("03")],
    [RESET, ANNOUNCEMENT, ANNOUNCEMENT],
    [bytes("f0"), bytes("f0637574746c650200")],
  ]) {
    const { a, b } = memoryPair();
    const sink = recorder();
    await Promise.all([batching(a).start(sink), b.start(recorder())]);
    for (const frame of frames) b.send(frame);
    await sink.untilFrames(frames.length);
    expect(sink.frames).toEqual(frames);
  }
});

test("a flush of more than a large chunk with its header leaves in several messages, before it is over", async () => {
  const { one, other, messages } = await met({ capacityBytes: 1 << 20 });
  const chunk = new Uint8Array(16_384);
  for (let index = 0; index < 9; index += 1) one.transport.send(chunk);
  expect(messages.length).toBe(3 + 2);
  one.transport.flush();
  await other.sink.untilFrames(2 + 9);
  expect(messages.length).toBe(3 + 3);
});

test("over a carrier that bounds itself a message has four large chunks", async () => {
  const { one, other, messages } = await met({ capacityBytes: 1 << 20, below: { bounded: true } });
  const chunk = new Uint8Array(65_536);
  for (let index = 0; index < 4; index += 1) one.transport.send(chunk);
  expect(messages.length).toBe(3);
  one.transport.send(chunk);
  expect(messages.length).toBe(3 + 1);
  one.transport.flush();
  await other.sink.untilFrames(2 + 5);
});

test("large batches share the memory they are written in where the carrier copies them, and only there", async () => {
  for (const copies of [true, false]) {
    const { one, given } = await met({ capacityBytes: 1 << 20, below: { copies } });
    for (let index = 0; index < 2; index += 1) {
      one.transport.send(new Uint8Array(20_000));
      one.transport.flush();
    }
    one.transport.send(new Uint8Array(100));
    one.transport.flush();
    const buffers = given.mock.calls.slice(3).map(([{ buffer }]) => buffer);
    expect(new Set(buffers).size).toBe(copies ? 2 : 3);
  }
});

test("the carrier may queue more once the other end has said that it acknowledges, and not towards a plain one", async () => {
  for (const announces of [true, false]) {
    const { a, b } = memoryPair();
    const widen = vi.fn();
    const sink = recorder();
    await batching(Object.assign(a, { widen })).start(sink);
    const other = announces ? batching(b) : b;
    await other.start(recorder());
    other.send(RESET);
    await sink.untilFrames(1);
    expect(widen).toHaveBeenCalledTimes(announces ? 1 : 0);
    other.close();
  }
});

test("what is gathered takes room", async () => {
  const { one } = await met();
  const before = one.transport.capacity();
  one.transport.send(new Uint8Array(1000));
  expect(one.transport.capacity()).toBe(before - 1000);
});

test("what was gathered leaves before the transport is closed", async () => {
  const { one, other } = await met();
  one.transport.send(bytes("0f"));
  one.transport.close();
  await other.sink.untilEnd();
  expect(other.sink.frames.at(-1)).toEqual(bytes("0f"));
});

test("R04: a message of more frames than a flush has fails the connection, and is read no further", async () => {
  const { below, one } = await met();
  const pings = Array.from({ length: 1_024 }, () => "0103").join("");
  below.send(bytes(`00${pings}`));
  await one.sink.untilFrames(2 + 1_024);
  below.send(bytes(`00${pings}${"0103".repeat(10_000)}`));
  const { error } = await one.sink.untilEnd();
  expect([error?.code, error?.data.limitFrames]).toEqual(["peer_protocol", 1_024]);
  expect(one.sink.frames.length).toBe(2 + 2 * 1_024);
});

test("R04: a flush of more frames than a message may have leaves in several", async () => {
  const { one, other, messages } = await met();
  for (let index = 0; index < 2_500; index += 1) one.transport.send(bytes("03"));
  one.transport.flush();
  await other.sink.untilFrames(2 + 2_500);
  expect(messages.length).toBe(3 + 3);
});

test("a batch that is cut short fails the connection once, and what was whole in it still counts", async () => {
  for (const [broken, whole] of [
    ["", 0],
    ["000203", 0],
    ["00010302", 1],
    ["80", 0],
    ["01", 0],
    ["0180", 0],
    ["00ffffffff0f", 0],
    ["008080808000", 0],
    ["8080808000", 0],
  ] as const) {
    const { below, one } = await met();
    below.send(bytes(broken));
    const { error } = await one.sink.untilEnd();
    expect(error?.code).toBe("peer_protocol");
    expect(one.sink.frames.length).toBe(2 + whole);
    expect(one.sink.callsAfterEnd).toBe(0);
  }
});

test("acknowledgements leave with the next batch, or alone", async () => {
  const { one, other, messages } = await met();
  one.transport.ack?.(300, 2);
  one.transport.ack?.(20, 1);
  one.transport.send(bytes("03"));
  one.transport.flush();
  one.transport.flush();
  one.transport.ack?.(5, 0);
  one.transport.flush();
  await other.sink.untilFrames(3);
  expect(messages.slice(3)).toEqual(["c002010103", "0500"]);
  await other.sink.until(() => other.sink.acks.length === 2);
  expect(other.sink.acks).toEqual([
    [320, 1],
    [5, 0],
  ]);
});

test("acknowledgements are for carriers that do not bound themselves, and for peers that read them", async () => {
  const { one } = await met();
  expect(one.transport.acks).toBe(true);
  const { a, b } = memoryPair();
  expect(batching(Object.assign(a, { bounded: true })).acks).toBe(false);
  expect(batching(b).acks).toBe(false);
});

test("a sink that closes in the middle of a batch hears no more of it", async () => {
  const pair = memoryPair();
  const [near, far] = [batching(pair.a), batching(pair.b)];
  const sink = recorder((frame) => {
    if (frame[0] === 3) near.close();
  });
  await Promise.all([near.start(sink), far.start(recorder())]);
  for (const transport of [near, far]) for (const frame of [RESET, HELLO]) transport.send(frame);
  await sink.untilFrames(2);
  for (const frame of [bytes("03"), bytes("0f")]) far.send(frame);
  far.flush();
  await sink.untilFrames(3);
  expect(sink.frames.map(hex)).toEqual(["01", "02ff", "03"]);
});

/**
 * Two ends that have greeted each other. The carrier of `one` has `below`, too; `messages` are what it carried, and
 * `given` what it was given. The `below` that is returned is the carrier of `other`.
 */
async function met({ below = {}, ...options }: { capacityBytes?: number; below?: Partial<Transport> } = {}) {
  const messages: string[] = [];
  const tap = (direction: string, frame: Uint8Array): void => {
    if (direction === "a-to-b") messages.push(hex(frame));
  };
  const pair = memoryPair({ ...options, tap });
  Object.assign(pair.a, below);
  const given = vi.spyOn(pair.a, "send");
  const [one, other] = [pair.a, pair.b].map((below) => ({ transport: batching(below), sink: recorder() })) as [
    { transport: Transport; sink: ReturnType<typeof recorder> },
    { transport: Transport; sink: ReturnType<typeof recorder> },
  ];
  await Promise.all([one, other].map((end) => end.transport.start(end.sink)));
  for (const end of [one, other]) for (const frame of [RESET, HELLO]) end.transport.send(frame);
  await Promise.all([one, other].map((end) => end.sink.untilFrames(2)));
  return { one, other, messages, given, below: pair.b };
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

function hex(frame: Uint8Array): string {
  return Array.from(frame, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
