import { expect, test } from "vitest";
import { CuttleError } from "../errors/error.ts";
import { wholeOf } from "../util/pieces.ts";
import { Inbox, type PortRequest, type Received } from "./inbox.ts";

/** An inbox that writes down what it pays and what it drops. */
function inbox(): { box: Inbox; paid: number[]; dropped: PortRequest[] } {
  const paid: number[] = [];
  const dropped: PortRequest[] = [];
  const box = new Inbox({
    consumed: (cost) => paid.push(cost),
    dropped: (requests) => dropped.push(...requests),
  });
  return { box, paid, dropped };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function text(received: Received | undefined): string | undefined {
  if (received?.kind !== "bytes") throw new Error(`expected bytes, got ${received?.kind}`);
  return new TextDecoder().decode(wholeOf(received.bytes));
}

const REQUEST = { peerPort: 7, id: 7 };
const ERROR = new CuttleError("transport_lost", "gone");

test("chunks become messages, in order", async () => {
  const { box } = inbox();
  box.chunk(bytes("one"), true, true);
  box.chunk(bytes("tw"), true, false);
  box.chunk(bytes("o"), false, true);
  box.chunk(bytes(""), true, true);
  expect([text(await box.receive()), text(await box.receive()), text(await box.receive())]).toEqual(["one", "two", ""]);
});

test("a message of many chunks is assembled whatever their sizes, empty ones included", async () => {
  const { box } = inbox();
  const parts = ["", "a", "", "bcd", "efghijk", "", "l", "m".repeat(50), ""];
  for (const [at, part] of parts.entries()) box.chunk(bytes(part), at === 0, at === parts.length - 1);
  expect(text(await box.receive())).toBe(parts.join(""));
});

test("a single chunk is handed on as the view it came as", async () => {
  const { box } = inbox();
  const payload = bytes("whole");
  box.chunk(payload, true, true);
  const received = await box.receive();
  expect((received as { bytes: Uint8Array }).bytes.buffer).toBe(payload.buffer);
});

test("assembling never writes into the buffer of a frame", async () => {
  const { box } = inbox();
  const buffer = bytes("frameNEXT FRAME");
  box.chunk(buffer.subarray(0, 5), true, false);
  box.chunk(bytes("-more"), false, true);
  expect(text(await box.receive())).toBe("frame-more");
  expect(new TextDecoder().decode(buffer)).toBe("frameNEXT FRAME");
});

test("nothing is paid for what nobody asked for", () => {
  const { box, paid } = inbox();
  box.chunk(bytes("12345"), true, false);
  box.chunk(bytes("678"), false, true);
  box.chunk(bytes("x"), true, true);
  expect(paid).toEqual([]);
  expect(box.bufferedBytes).toBe(9);
});

test("a message is paid when it is taken, and its chunks one by one while somebody waits for it", async () => {
  const { box, paid } = inbox();
  box.chunk(bytes("12345"), true, false);
  const receiving = box.receive();
  expect(paid).toEqual([5]);
  box.chunk(bytes("678"), false, false);
  expect(paid).toEqual([5, 3]);
  box.chunk(bytes(""), false, true);
  expect(paid).toEqual([5, 3, 1]);
  expect(text(await receiving)).toBe("12345678");
  box.chunk(bytes("next"), true, true);
  expect(paid).toEqual([5, 3, 1]);
  expect(box.bufferedBytes).toBe(4);
});

test("an empty message costs 1, an entry of a list 4", async () => {
  const { box, paid } = inbox();
  box.chunk(bytes(""), true, true);
  box.ports([REQUEST, { peerPort: 8, id: 8 }], true, true);
  await box.receive();
  const list = await box.receive();
  expect(list).toEqual({ kind: "ports", requests: [REQUEST, { peerPort: 8, id: 8 }] });
  expect(paid).toEqual([1, 8]);
});

test("a message that is given up for the next one is paid, and its requests are refused", async () => {
  const { box, paid, dropped } = inbox();
  box.chunk(bytes("never fini"), true, false);
  box.ports([REQUEST], true, false);
  box.chunk(bytes("next"), true, true);
  expect(paid).toEqual([10, 4]);
  expect(dropped).toEqual([REQUEST]);
  expect(text(await box.receive())).toBe("next");
});

test("a message above the limit is skipped, reported by its size, and paid", async () => {
  const { box, paid } = inbox();
  box.maxMessageBytes = 8;
  for (const [at, part] of ["1234", "5678", "9"].entries()) box.chunk(bytes(part), at === 0, at === 2);
  box.chunk(bytes("12345678"), true, true);
  expect(await box.receive()).toEqual({ kind: "too-large", sizeBytes: 9 });
  expect(text(await box.receive())).toBe("12345678");
  expect(paid.reduce((sum, cost) => sum + cost)).toBe(17);
});

test("a limit that is set after a message came holds for it, too", async () => {
  const { box } = inbox();
  box.chunk(bytes("123456789"), true, true);
  box.maxMessageBytes = 8;
  expect(await box.receive()).toEqual({ kind: "too-large", sizeBytes: 9 });
});

test("a small message that waits does not keep a large buffer alive, and one that is waited for is not copied", async () => {
  const { box } = inbox();
  const large = new Uint8Array(100_000);
  box.chunk(large.subarray(0, 100), true, true);
  const waited = (await box.receive()) as { bytes: Uint8Array };
  expect(waited.bytes.buffer.byteLength).toBe(100);
  const receiving = box.receive();
  box.chunk(large.subarray(0, 100), true, true);
  expect(((await receiving) as { bytes: Uint8Array }).bytes.buffer).toBe(large.buffer);
  const modest = new Uint8Array(4_000);
  box.chunk(modest.subarray(0, 100), true, true);
  expect(((await box.receive()) as { bytes: Uint8Array }).bytes.buffer).toBe(modest.buffer);
});

test("the end comes after what arrived, and an unfinished message is given up", async () => {
  const { box, paid } = inbox();
  box.chunk(bytes("last"), true, true);
  box.chunk(bytes("unfin"), true, false);
  box.end();
  expect(text(await box.receive())).toBe("last");
  expect([await box.receive(), await box.receive()]).toEqual([undefined, undefined]);
  expect(paid).toEqual([5, 4]);
});

test("a failure comes after what arrived, and stays", async () => {
  const { box } = inbox();
  box.chunk(bytes("last"), true, true);
  box.fail(ERROR);
  expect(text(await box.receive())).toBe("last");
  await expect(box.receive()).rejects.toBe(ERROR);
  await expect(box.receive()).rejects.toBe(ERROR);
});

test("a failure after the end changes nothing", async () => {
  const { box } = inbox();
  box.end();
  box.fail(ERROR);
  expect(await box.receive()).toBeUndefined();
});

test("discarding drops everything, refuses requests, and ends a pending receive", async () => {
  const { box, dropped } = inbox();
  box.ports([REQUEST], true, true);
  box.chunk(bytes("x"), true, true);
  box.discard();
  expect(dropped).toEqual([REQUEST]);
  expect([box.bufferedBytes, await box.receive()]).toEqual([0, undefined]);
  const other = inbox();
  const pending = other.box.receive();
  other.box.discard();
  expect(await pending).toBeUndefined();
});

test("chunks that continue nothing are ignored", async () => {
  const { box } = inbox();
  box.chunk(bytes("stray"), false, true);
  box.ports([], false, true);
  box.chunk(bytes("real"), true, true);
  expect(text(await box.receive())).toBe("real");
});

test("the last piece of a message that was read in part stays in the buffer that both came in", async () => {
  const { box } = inbox();
  const buffer = new Uint8Array(1_000_000);
  box.chunk(buffer.subarray(0, 999_000), true, false);
  const first = await box.receivePiece();
  box.chunk(buffer.subarray(999_000), false, true);
  const last = await box.receivePiece();
  for (const piece of [first, last]) expect(piece?.kind === "bytes" && piece.bytes.buffer).toBe(buffer.buffer);
});
