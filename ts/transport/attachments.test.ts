import { once } from "node:events";
import { MessageChannel } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";
import { batching } from "./batching.ts";
import { Given, transfer } from "./given.ts";
import { type MessagePortLike, messagePortTransport } from "./message-port.ts";
import { announcement } from "./port-acks.ts";
import { recorder } from "./recorder.ts";

const KIB = 1024;
const [RESET, HELLO] = [bytes("01"), bytes("02ff")];
const ATTACHES = bytes("f0637574746c6504");
const BATCHES = bytes("f0637574746c6503");

const opened: MessagePort[] = [];
afterEach(() => {
  for (const port of opened.splice(0)) port.close();
});

/** Our end, which has greeted a peer that is driven by hand and announced `announces`. */
async function met(announces: Uint8Array = ATTACHES) {
  const { port1, port2 } = new MessageChannel();
  const received: unknown[] = [];
  let wake = (): void => {};
  const peer = port2 as unknown as MessagePort;
  opened.push(peer);
  peer.addEventListener("message", (event) => {
    received.push(event.data);
    wake();
  });
  const transport = batching(messagePortTransport(port1 as unknown as MessagePortLike));
  const sink = recorder();
  await transport.start(sink);
  for (const frame of [RESET, HELLO]) transport.send(frame);
  for (const frame of [announcement(undefined), announces, RESET, HELLO]) peer.postMessage(frame);
  await sink.untilFrames(2);
  const untilReceived = (count: number): Promise<void> =>
    new Promise((resolve) => {
      wake = () => {
        if (received.length >= count) resolve();
      };
      wake();
    });
  return { transport, sink, peer, received, untilReceived };
}

/** The messages of our end behind the two announcements, Reset and Hello. */
const GREETING = 4;

function given(length: number): Given {
  return Given.take(transfer(new Uint8Array(length).fill(5))) as Given;
}

test("an end that can move buffers says so, and attaches a buffer to the batch with the first frame of it", async () => {
  const { transport, received, untilReceived } = await met();
  const buffer = given(100 * KIB);
  transport.send(bytes("aabb"));
  transport.sendGiven?.(buffer, 0, 64 * KIB);
  transport.flush();
  expect(buffer.bytes.length).toBe(0);
  transport.sendGiven?.(buffer, 64 * KIB, 100 * KIB);
  transport.flush();
  await untilReceived(GREETING + 2);
  expect(received[1]).toEqual(ATTACHES);
  expect(received.slice(GREETING)).toEqual([
    [bytes("0004aabb81800800"), new Uint8Array(100 * KIB).fill(5)],
    bytes("0081c00400"),
  ]);
});

test("the frames of an attachment are views of the very buffer", async () => {
  const { peer, sink } = await met();
  const buffer = new Uint8Array(64 * KIB).map((_, at) => at);
  peer.postMessage([bytes("0004aabb0b00"), buffer], [buffer.buffer]);
  peer.postMessage(bytes("00f7ff0700"));
  await sink.untilFrames(5);
  const [, , header, first, rest] = sink.frames;
  expect(header).toEqual(bytes("aabb"));
  expect(first).toEqual(Uint8Array.of(0, 1, 2, 3, 4));
  expect([rest?.byteOffset, rest?.length]).toEqual([5, 64 * KIB - 5]);
  expect(rest?.buffer).toBe(first?.buffer);
});

test("a buffer that is not sent to its end is let go of, and stays counted", async () => {
  const { transport, received, untilReceived } = await met();
  const buffer = given(16 * KIB * KIB);
  transport.sendGiven?.(buffer, 0, 10);
  transport.flush();
  buffer.letGo();
  buffer.letGo();
  const next = given(64 * KIB);
  transport.sendGiven?.(next, 0, 3);
  transport.flush();
  expect(next.bytes.length).toBe(64 * KIB);
  await untilReceived(GREETING + 2);
  expect(received.at(-1)).toEqual(bytes("00010006050505"));
});

test("towards an end that moves no buffers, and for small ones, bytes are copied", async () => {
  for (const [announces, batch] of [
    [BATCHES, "0003050505"],
    [ATTACHES, "0006050505"],
  ] as const) {
    const { transport, received, untilReceived } = await met(announces);
    const buffer = given(announces === BATCHES ? 64 * KIB : 64 * KIB - 1);
    transport.sendGiven?.(buffer, 0, 3);
    transport.flush();
    await untilReceived(GREETING + 1);
    expect(received.at(-1)).toEqual(bytes(batch));
    expect(buffer.isMoved).toBe(false);
  }
});

describe("attachments of a hostile peer fail the connection once:", () => {
  const large = (length = 64 * KIB): Uint8Array => new Uint8Array(length);
  const cases: readonly (readonly [string, unknown, Uint8Array<ArrayBuffer>?])[] = [
    ["to a peer that cannot have them", [bytes("00"), large()], BATCHES],
    ["small ones", [bytes("00"), large(64 * KIB - 1)]],
    ["more than may wait", [bytes("00"), large(9 * KIB * KIB), large(8 * KIB * KIB)]],
    ["too many", [bytes("00"), ...Array.from({ length: 257 }, () => new Uint8Array(1))]],
    ["a list with a hole", Object.assign([bytes("00")], { length: 3 })],
    ["a list of enormous length", Object.assign([bytes("00"), large()], { length: 2 ** 32 - 1 })],
    ["something that is not bytes", [bytes("00"), "text"]],
    ["no batch before them", ["text", large()]],
    ["a frame alone in a list", [bytes("00")]],
    ["a frame of a buffer that is not there", bytes("000b00")],
    ["a frame of another buffer", [bytes("000b01"), large()]],
    ["a frame longer than the buffer", [bytes("0083800800"), large()]],
    ["a frame of a buffer that was let go of", [bytes("0001000b00"), large()]],
    ["a frame of a buffer that was used up", [bytes("00818008000b00"), large()]],
    ["the number cut short", [bytes("000b"), large()]],
    ["the number of no end", [bytes("000bffffffff7f"), large()]],
  ];
  test.each(cases.map(([name, message, announces]) => ({ name, message, announces })))("$name", async (attack) => {
    const { message, announces } = attack;
    const { peer, sink } = await met(announces);
    peer.postMessage(message);
    const { error } = await sink.untilEnd();
    expect(error?.code).toBe("peer_protocol");
    expect(sink.callsAfterEnd).toBe(0);
  });
});

test("attachments before anybody listens fail the connection", async () => {
  const { port1, port2 } = new MessageChannel();
  opened.push(port2 as unknown as MessagePort);
  const transport = messagePortTransport(port1 as unknown as MessagePortLike);
  const arrived = once(port1, "message");
  const sink = recorder();
  port2.postMessage([bytes("00"), new Uint8Array(64 * KIB)]);
  port2.postMessage(bytes("01"));
  await arrived;
  await transport.start(sink);
  const { error } = await sink.untilEnd();
  expect(error?.code).toBe("local_limit");
});

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
