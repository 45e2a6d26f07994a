/** What a peer may say on the ports of watch, bin and lr channels, written by hand. */

import { describe, expect, test } from "vitest";
import { bin, type Connection, json, lr, mpsc, t, watch } from "../../ts/index.ts";
import { established, frames, numberAt, type Scripted, u32 } from "./support/scripted.ts";
import { codeOf, turns, until } from "./support/wait.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Sends a half away, and has the peer accept its port as `theirs`; our number of it. */
async function acceptedAs(theirs: number, peer: Scripted): Promise<number> {
  const port = numberAt(await peer.hears("08"), 6);
  peer.says(frames.portOpened(port, theirs));
  return port;
}

/** Waits until only the base channels are left, then both sides let go of the connection. */
async function end(peer: Scripted, conn: Connection<never, unknown>): Promise<void> {
  await until(
    () => conn.stats().ports === 2,
    () => `the port was free, not ${conn.stats().ports}`,
  );
  const closing = conn.close();
  await peer.hears(frames.goodbye);
  peer.says(frames.goodbye);
  await closing;
}

const THEIRS = 0x44;

describe("the back channel of a watch receiver that was sent", () => {
  test("empty messages, unknown codes, limits of the rate and lists of ports are nothing; 02 is a note", async () => {
    const { peer, conn } = await established({ send: t.watch.receiver(t.u32), codec: json });
    const [tx, half] = watch.channel(t.u32, 1);
    await conn.tx.send(half);
    const port = await acceptedAs(THEIRS, peer);
    peer.says(frames.data(port), "", frames.data(port), `03${"00".repeat(16)}`, frames.data(port), "ff01");
    peer.says(frames.data(port), "ee".repeat(1_000), frames.portData(port, [0x77]));
    await peer.hears(frames.rejected(0x77));
    tx.check();
    peer.says(frames.data(port), "02");
    await turns(3);
    expect(() => tx.check()).toThrow("remote_failed");
    tx.send(2);
    await peer.hears(frames.data(THEIRS));
    expect(Buffer.from(peer.said.at(-1) ?? "", "hex").toString()).toBe('{"Ok":2}');
    peer.says(frames.sendFinish(port));
    await tx.closed();
    await peer.hears(frames.sendFinish(THEIRS));
    await peer.hears(frames.receiveFinish(THEIRS));
    peer.says(frames.receiveFinish(port));
    await end(peer, conn as never);
  });

  test("nothing that is sent to the peer is an empty message", async () => {
    const { peer, conn, rx } = await established({ receive: t.watch.receiver(t.u32), codec: json });
    peer.says(frames.data(rx), text('{"port":68,"data":{"Ok":1},"data2":0}'), frames.portData(rx, [THEIRS]));
    const half = await conn.rx.recv();
    const port = numberAt(await peer.hears(`05${u32(THEIRS)}`), 5);
    const before = peer.said.length;
    peer.says(frames.data(port), text('{"Ok":"no number"}'));
    await half?.changed();
    expect(() => half?.borrow()).toThrow("peer_decode");
    peer.says(frames.data(port), text('{"Err":{"RemoteReceive":"MaxItemSizeExceeded"}}'));
    await half?.changed();
    expect(() => half?.borrow()).toThrow("remote_failed");
    peer.says(frames.data(port), text('{"Ok":3}'));
    expect(await half?.changed()).toBe(true);
    expect(half?.borrow()).toBe(3);
    expect(peer.said.slice(before)).toEqual([]);
    half?.drop();
    await peer.hears(frames.sendFinish(THEIRS));
    await peer.hears(frames.receiveFinish(THEIRS));
    peer.says(frames.sendFinish(port), frames.receiveFinish(port));
    await end(peer, conn as never);
  });
});

test("a list of ports on the back channel of an mpsc receiver is refused, and the channel goes on", async () => {
  const { peer, conn } = await established({ send: t.mpsc.receiver(t.u32), codec: json });
  const [tx, half] = mpsc.channel(t.u32);
  await conn.tx.send(half);
  const port = await acceptedAs(THEIRS, peer);
  peer.says(frames.portData(port, [0x77, 0x78]), frames.data(port), "ee".repeat(1_000), frames.data(port), "");
  await peer.hears(frames.rejected(0x77));
  await peer.hears(frames.rejected(0x78));
  await tx.send(2);
  peer.says(frames.data(port), "01");
  expect(await tx.closed()).toBe("closed");
  await peer.hears(frames.sendFinish(THEIRS));
  peer.says(frames.sendFinish(port), frames.receiveFinish(port));
  await end(peer, conn as never);
});

test("a watch sender without a value cannot be read, a watch receiver with an error in its place can", async () => {
  const halves = t.enum({ Tx: t.watch.sender(t.u32), Rx: t.watch.receiver(t.u32) });
  const { peer, conn, rx } = await established({ receive: halves, codec: json });
  const half = (port: number): string => `{"port":${port},"data":{"Err":{"RemoteConnect":"Rejected"}}}`;
  peer.says(frames.data(rx), text(`{"Tx":${half(0x55)}}`), frames.portData(rx, [0x55]));
  expect(await codeOf(conn.rx.recv())).toBe("peer_decode");
  peer.says(frames.data(rx), text(`{"Rx":${half(THEIRS)}}`), frames.portData(rx, [THEIRS]));
  const got = (await conn.rx.recv()) as { Rx: watch.Receiver<number> };
  await peer.hears(frames.rejected(0x55));
  expect(() => got.Rx.borrow()).toThrow("remote_failed");
  const port = numberAt(await peer.hears(`05${u32(THEIRS)}`), 5);
  got.Rx.drop();
  await peer.hears(frames.sendFinish(THEIRS));
  peer.says(frames.sendFinish(port), frames.receiveFinish(port));
  await end(peer, conn as never);
});

test("a peer that refuses the ports of watch halves leaves them with an error", async () => {
  const halves = t.struct({ tx: t.watch.sender(t.u32), rx: t.watch.receiver(t.u32) });
  const { peer, conn } = await established({ send: halves, codec: json });
  const [tx, ours] = watch.channel(t.u32, 1);
  const [kept, rx] = watch.channel(t.u32, 1);
  await conn.tx.send({ tx, rx });
  const list = await peer.hears("08");
  peer.says(frames.rejected(numberAt(list, 6)), frames.rejected(numberAt(list, 14)));
  expect([await ours.changed(), await ours.changed()]).toEqual([true, false]);
  expect(() => ours.borrow()).toThrow("remote_rejected");
  await kept.closed();
  expect(() => kept.send(2)).toThrow("remote_rejected");
  ours.drop();
  await end(peer, conn as never);
});

describe("the unused direction of bin and lr", () => {
  test("is finished at once by both, and ports in a bin channel are refused", async () => {
    const { peer, conn } = await established({ send: t.bin.sender, codec: json });
    const [half, rx] = bin.channel();
    await conn.tx.send(half);
    const port = await acceptedAs(THEIRS, peer);
    await peer.hears(frames.sendFinish(THEIRS));
    peer.says(frames.receiveFinish(port));
    peer.says(frames.portData(port, [0x77]), frames.data(port), "0102", frames.data(port), "");
    expect([await rx.recv(), await rx.recv()]).toEqual([Uint8Array.of(1, 2), new Uint8Array(0)]);
    await peer.hears(frames.rejected(0x77));
    rx.close();
    await peer.hears(frames.receiveClose(THEIRS));
    peer.says(frames.data(port), "03", frames.sendFinish(port));
    expect([await rx.recv(), await rx.recv()]).toEqual([Uint8Array.of(3), undefined]);
    await peer.hears(frames.receiveFinish(THEIRS));
    await end(peer, conn as never);
  });

  test("values of lr are bare, and a value that cannot be read concerns that value alone", async () => {
    const { peer, conn } = await established({ send: t.lr.sender(t.u32), codec: json });
    const [half, rx] = lr.channel(t.u32);
    await conn.tx.send(half);
    const port = await acceptedAs(THEIRS, peer);
    peer.says(frames.receiveFinish(port));
    peer.says(frames.data(port), text("7"), frames.data(port), text('{"Ok":8}'), frames.data(port), text("9"));
    expect(await rx.recv()).toBe(7);
    expect(await codeOf(rx.recv())).toBe("peer_decode");
    expect(await rx.recv()).toBe(9);
    rx.drop();
    await peer.hears(frames.receiveFinish(THEIRS));
    peer.says(frames.sendFinish(port));
    await end(peer, conn as never);
  });
});
