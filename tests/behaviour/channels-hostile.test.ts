/** Halves, items and ends of channels as a peer must not send them, and peers that leave in the middle. */

import { expect, test } from "vitest";
import { type Connection, type CuttleError, json, mpsc, postbag, t } from "../../ts/index.ts";
import { pass, withPair } from "./support/pair.ts";
import { established, frames, numberAt, type Scripted, u32 } from "./support/scripted.ts";
import { codeOf, outcome, until } from "./support/wait.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const sender = (port: number, more = ""): string =>
  `{"port":${port},"data":null,"codec":null,"max_item_size":16777216${more}}`;

/** Waits until only the base channels are left, then both sides let go of the connection. */
async function end(peer: Scripted, conn: Connection<never, unknown>): Promise<void> {
  await until(
    () => conn.stats().ports === 2,
    () => `the ports were free, not ${conn.stats().ports}`,
  );
  expect(conn.stats().bufferedBytes).toBe(0);
  const closing = conn.close();
  await peer.hears(frames.goodbye);
  peer.says(frames.goodbye);
  await closing;
}

test("a port that is announced twice for one value fails the connection, and the error says whose fault that is", async () => {
  const { peer, conn, rx } = await established({ receive: t.mpsc.sender(t.u32), codec: json });
  const received = codeOf(conn.rx.recv());
  peer.says(frames.data(rx), text(sender(0x55)), frames.portData(rx, [0x55, 0x56, 0x55]));
  expect(await received).toBe("peer_protocol");
  await expect(conn.closed).rejects.toThrow("the peer requested its port 85 twice");
  expect(conn.stats()).toMatchObject({ ports: 0, bufferedBytes: 0 });
  expect(peer.closed).toBe(true);
});

test("parallel ports of a peer that knows none are refused, and the half works with its own", async () => {
  const { peer, conn, rx } = await established({ receive: t.vec(t.mpsc.receiver(t.u32)), codec: json });
  const receiver = `{"port":85,"data":null,"codec":null,"closed":false,"max_item_size":0,"parallel":[86,86]}`;
  peer.says(frames.data(rx), text(`[${receiver}]`), frames.portData(rx, [0x56, 0x55]));
  const halves = await conn.rx.recv();
  expect(halves?.length).toBe(1);
  await peer.hears(frames.rejected(0x56));
  const port = numberAt(await peer.hears(`05${u32(0x55)}`), 5);
  for (const half of halves ?? []) half.drop();
  await peer.hears(frames.receiveFinish(0x55));
  peer.says(frames.sendFinish(port), frames.receiveFinish(port));
  await end(peer, conn as never);
});

test("thousands of halves in one item cost their ports and no more, and too many are refused as one value", {
  timeout: 30_000,
}, async () => {
  const type = t.vec(t.mpsc.sender(t.u32));
  const limits = { portWindowBytes: 4 * 1024 * 1024, ports: 2_500 };
  const { peer, conn, rx } = await established({ receive: type, codec: json, limits });
  for (const count of [2_000, 3_000]) {
    const ids = Array.from({ length: count }, (_, at) => count * 0x100 + at);
    const before = peer.said.length;
    const answers = (first: string): string[] => peer.said.slice(before).filter((frame) => frame.startsWith(first));
    const received = outcome(conn.rx.recv());
    sayInPieces(peer, rx, text(`[${ids.map((id) => sender(id)).join()}]`));
    for (let at = 0; at < count; at += 1_000) {
      const flags = 0x0c + (at === 0 ? 1 : 0) + (at + 1_000 >= count ? 2 : 0);
      peer.says(frames.portData(rx, ids.slice(at, at + 1_000), flags));
    }
    const got = await received;
    const halves = "value" in got ? (got.value ?? []) : [];
    expect(halves.length).toBe(count === 2_000 ? count : 0);
    if (count === 2_000) expect(conn.stats().ports).toBe(2 + count);
    else expect(String("error" in got && got.error)).toMatch(/local_limit/);
    for (const half of halves) half.close();
    await until(
      () => answers("05").length + answers("06").length === count,
      () => `${count} requests were answered`,
    );
    for (const frame of answers("05")) {
      const port = numberAt(frame, 5);
      peer.says(frames.sendFinish(port), frames.receiveFinish(port));
    }
  }
  peer.says(frames.data(rx), text("[]"));
  expect(await conn.rx.recv()).toEqual([]);
  await end(peer, conn as never);
});

/** A message in chunks, for which there are credits. */
function sayInPieces(peer: Scripted, port: number, message: Uint8Array): void {
  for (let at = 0; at < message.length; at += 16_000) {
    const flags = (at === 0 ? 1 : 0) + (at + 16_000 >= message.length ? 2 : 0);
    peer.says(frames.data(port, flags), message.subarray(at, at + 16_000));
  }
}

test("items that end early, go on behind their end or are empty are errors of their own, and the next one arrives", async () => {
  const { peer, conn, rx } = await established({ receive: t.mpsc.receiver(t.u32), codec: json });
  const half = `{"port":85,"data":null,"codec":null,"closed":false,"max_item_size":0}`;
  peer.says(frames.data(rx), text(half), frames.portData(rx, [0x55]));
  const got = await conn.rx.recv();
  const port = numberAt(await peer.hears(`05${u32(0x55)}`), 5);
  for (const item of ['{"Ok":1', '{"Ok":1}}', "", '{"Ok":1}{"Ok":2}']) peer.says(frames.data(port), text(item));
  peer.says(frames.data(port), text('{"Ok":3}'), frames.sendFinish(port));
  for (let bad = 0; bad < 4; bad += 1) expect(await codeOf(got?.recv() ?? Promise.resolve())).toBe("peer_decode");
  expect([await got?.recv(), await got?.recv()]).toEqual([3, undefined]);
  peer.says(frames.receiveFinish(port));
  await end(peer, conn as never);
});

test.each([
  ["less than there is gets that much", "3", [1, 2, 3]],
  ["more than there is fails", "7", "remote_failed"],
  ["more than a number can be fails", "18446744073709551615", "remote_failed"],
] as const)("a size of a stream that lies: %s, and costs nothing", async (_, size, expected) => {
  const { peer, conn, rx } = await established({ receive: t.io.receiver, codec: json });
  const half = `{"bin_receiver":{"port":85},"size":{"Determined":${size}}}`;
  peer.says(frames.data(rx), text(half), frames.portData(rx, [0x55]));
  const got = await conn.rx.recv();
  const port = numberAt(await peer.hears(`05${u32(0x55)}`), 5);
  peer.says(frames.data(port), Uint8Array.of(1, 2, 3, 4, 5), frames.sendFinish(port));
  const read = await outcome(Promise.resolve(got?.readAll()));
  expect("value" in read ? [...(read.value ?? [])] : (read.error as CuttleError).code).toEqual(expected);
  await peer.hears(frames.receiveFinish(0x55));
  peer.says(frames.receiveFinish(port));
  await end(peer, conn as never);
});

test("a flood of watched values that nobody looks at keeps the newest one, and the peer may go on", async () => {
  const { peer, conn, rx } = await established({ receive: t.watch.receiver(t.u32), codec: json });
  peer.says(
    frames.data(rx),
    text('{"port":85,"data":{"Ok":1},"codec":null,"max_item_size":0}'),
    frames.portData(rx, [0x55]),
  );
  const half = await conn.rx.recv();
  const port = numberAt(await peer.hears(`05${u32(0x55)}`), 5);
  for (let round = 1; round <= 10; round += 1) {
    for (let at = 0; at < 1_000; at += 1) peer.says(frames.data(port), text(`{"Ok":${round * 1_000 + at}}`));
    await until(
      () => half?.borrow() === round * 1_000 + 999,
      () => "the newest value was there",
    );
    expect(conn.stats().bufferedBytes).toBeLessThan(100);
  }
  expect(half?.hasChanged()).toBe(true);
  half?.drop();
  await peer.hears(frames.receiveFinish(0x55));
  peer.says(frames.sendFinish(port), frames.receiveFinish(port));
  await end(peer, conn as never);
});

const BIG = 6 * 1024 * 1024;

for (const how of ["drop", "close"] as const) {
  test(`a receiver that ends with ${how} in the middle of a large value ends that channel alone`, async () => {
    const types = t.struct({ big: t.mpsc.receiver(t.bytes), small: t.mpsc.receiver(t.u32) });
    const both = { limits: { itemBytes: 2 * BIG } };
    await withPair("tcp", postbag, { toB: types, both }, async ({ a, b }) => {
      const [bigTx, bigHalf] = mpsc.channel(t.bytes, { maxItemBytes: 2 * BIG });
      const [smallTx, smallHalf] = mpsc.channel(t.u32);
      const { big, small } = await pass(a, b, { big: bigHalf, small: smallHalf });
      const onProgress = (): void => big[how]();
      const sending = outcome(bigTx.send(new Uint8Array(BIG)));
      const got = outcome(big.recv({ onProgress }));
      // A value that was begun before the receiver closed may still come whole: its sender was told that it was taken.
      const sent = await sending;
      if ("error" in sent) expect(sent.error).toMatchObject({ code: "remote_closed" });
      expect(await bigTx.closed()).toMatch(how === "drop" ? "dropped" : "closed");
      await got;
      await smallTx.send(7);
      expect(await small.recv()).toBe(7);
      smallTx.close();
      expect(await small.recv()).toBeUndefined();
      big.drop();
    });
  });
}

test("a connection that is closed over there in the middle of a large value rejects its send, once", async () => {
  const both = { limits: { itemBytes: 2 * BIG } };
  await withPair("tcp", postbag, { toB: t.bytes, both }, async ({ a, b }) => {
    let closing: Promise<void> | undefined;
    const onProgress = (): void => {
      closing ??= b.close();
    };
    const got = outcome(b.rx.recv({ onProgress }));
    const sent = await outcome(a.tx.send(new Uint8Array(BIG)));
    // The other side's receivers end before the connection does.
    const codes = ["remote_closed", "remote_connection_closed"];
    expect(codes).toContain("error" in sent ? (sent.error as CuttleError).code : "sent");
    expect(await got, "the end of the base channel").toEqual({ value: undefined });
    await closing;
  });
});
