/**
 * Halves made by one release of remoc and used by the other one, with cuttle and two of its connections between them:
 * three connections in a row, with two dialects, three carriers and two codecs.
 */

import { createConnection } from "node:net";
import { beforeEach, describe, expect, test } from "vitest";
import { type Connection, connect, type Descriptor, json, mpsc, oneshot, postbag, t } from "../../ts/index.ts";
import { streamTransport } from "../../ts/node/index.ts";
import { Ask, BroadcastAsk, CountNote, CountReq, Heard, Stop, WatchAsk, WatchOffered } from "../scenarios/types.ts";
import { covers } from "./covers.ts";
import { type RustPeer, useRustPeers, type Version, watchEndings } from "./support.ts";

const peerOf = useRustPeers();

/** Who makes the halves, and who uses them. */
const ways: { from: Version; to: Version }[] = [
  { from: "0.18.3", to: "0.20.5" },
  { from: "0.20.5", to: "0.18.3" },
];

/** Carries values to another program, which may expect something else: here a connection of its own over a MessageChannel. */
async function hop<T>(
  type: Descriptor<T>,
  received: Descriptor<T> = type,
): Promise<{ carry(value: T): Promise<T>; end(): Promise<void> }> {
  const { port1, port2 } = new MessageChannel();
  const [near, far] = await Promise.all([
    connect<T, null>(port1, { send: type, codec: postbag }),
    connect<null, T>(port2, { receive: received, codec: postbag }),
  ]);
  return {
    async carry(value) {
      const [got] = await Promise.all([far.rx.recv(), near.tx.send(value)]);
      if (got === undefined) throw new Error("the hop ended");
      return got;
    },
    async end() {
      near.tx.close();
      far.tx.close();
      near.rx.drop();
      far.rx.drop();
      await Promise.all([near.closed, far.closed]);
    },
  };
}

/** Lets go of the base channels; the connection ends when nothing is left. */
async function letGo(conn: Connection<never, never>): Promise<void> {
  conn.tx.close();
  conn.rx.drop();
  await conn.closed;
}

function tcp(peer: RustPeer, path: string) {
  return streamTransport(createConnection({ host: "127.0.0.1", port: peer.info.tcp[path] }));
}

describe.each(ways)("CH-6: halves of remoc $from used by remoc $to, three connections away", ({ from, to }) => {
  beforeEach(() => {
    for (const version of [from, to]) covers(["CH-6"], version);
  });

  test("an mpsc sender carries all numbers and their end", async () => {
    const endings = [peerOf(from), peerOf(to)].map(watchEndings);
    const maker = await connect(`${peerOf(from).url}/request-count/json`, { send: t.u32, receive: Ask, codec: json });
    const user = await connect(tcp(peerOf(to), "count/postbag"), {
      send: CountReq,
      receive: CountNote,
      codec: postbag,
    });
    const middle = await hop(CountReq);
    for (const upTo of [5, 2_000]) {
      if (upTo !== 5) await maker.tx.send(upTo);
      const asked = await maker.rx.recv();
      if (asked === undefined || !("Count" in asked)) throw new Error("the peer asked for nothing");
      await user.tx.send(await middle.carry(asked.Count));
      const told = await maker.rx.recv();
      expect(told).toEqual({ Report: { received: Array.from({ length: upTo }, (_, at) => at), ended: "end" } });
    }
    await middle.end();
    await Promise.all([letGo(maker as never), letGo(user as never)]);
    expect(await Promise.all(endings.map((ended) => ended()))).toEqual([["ended orderly"], ["ended orderly"]]);
  });

  test("the loss of the far connection is no end of the numbers", async () => {
    const maker = await connect(`${peerOf(from).url}/request-count/postbag`, { send: t.u32, receive: Ask });
    const user = await connect(`${peerOf(to).url}/count/json`, { send: CountReq, receive: CountNote, codec: json });
    const middle = await hop(CountReq);
    const first = await maker.rx.recv();
    if (first === undefined || !("Count" in first)) throw new Error("the peer asked for nothing");
    const carried = await middle.carry({ ...first.Count, up_to: 1_000_000 });
    await user.tx.send(carried);
    await user.close();
    const told = await maker.rx.recv();
    if (told === undefined || !("Report" in told)) throw new Error("the peer told nothing");
    expect(told.Report.ended).not.toBe("end");
    expect(told.Report.received.length).toBeLessThan(1_000_000);
    await middle.end();
    await letGo(maker as never);
  });

  test("a receiver that ends is told to the far sender, with the reason", async () => {
    const user = await connect(`${peerOf(to).url}/count/postbag`, { send: CountReq, receive: CountNote });
    const middle = await hop(t.mpsc.sender(t.u32));

    const [half, rx] = mpsc.channel(t.u32);
    await user.tx.send({ up_to: 1_000_000, seq_tx: await middle.carry(half) });
    for (const number of [0, 1, 2]) expect(await rx.recv()).toBe(number);
    rx.close();
    let last = 2;
    for await (const number of rx) last = number;
    const note = await user.rx.recv();
    // remoc says "failed" when it was just then waiting for credits.
    expect(note?.Stopped.reason).toMatch(/^(closed|failed)$/);
    expect(note?.Stopped.at).toBeGreaterThanOrEqual(last);
    await middle.end();
    await letGo(user as never);
  });

  test.each(["Close", "Drop"] as const)(
    "a receiver over there ends with %s, and the far sender hears it",
    async (how) => {
      const counter = await connect(`${peerOf(from).url}/count/json`, {
        send: CountReq,
        receive: CountNote,
        codec: json,
      });
      const stopper = await connect(`${peerOf(to).url}/stop/postbag`, { send: Stop });
      const middle = await hop(t.mpsc.receiver(t.u32));
      const [tx, half] = mpsc.channel(t.u32);
      const [report, read] = oneshot.channel(t.vec(t.u32));
      await stopper.tx.send({ rx: await middle.carry(half), after: 5, how, report });
      await counter.tx.send({ up_to: 1_000_000, seq_tx: tx });
      const numbers = await read.recv();
      expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, at) => at));
      expect(numbers.length).toBeGreaterThanOrEqual(5);
      const note = await counter.rx.recv();
      // remoc says "failed" when it was just then waiting for credits.
      expect(note?.Stopped.reason).toMatch(how === "Close" ? /^(closed|failed)$/ : /^(dropped|failed)$/);
      expect(note?.Stopped.at).toBeGreaterThanOrEqual(numbers.length);
      await middle.end();
      await Promise.all([letGo(counter as never), letGo(stopper as never)]);
    },
  );

  test("a value that cannot be read on the way is an error of that value at the far receiver", async () => {
    covers(["CH-9"], from);
    const Bytewise = t.struct("CountReq", { up_to: t.u32, seq_tx: t.mpsc.sender(t.u8) });
    const maker = await connect(`${peerOf(from).url}/request-count/postbag`, { send: t.u32, receive: Ask });
    const user = await connect(`${peerOf(to).url}/count/json`, { send: Bytewise, receive: CountNote, codec: json });
    const middle = await hop(CountReq, Bytewise as never);
    const first = await maker.rx.recv();
    if (first === undefined || !("Count" in first)) throw new Error("the peer asked for nothing");
    await user.tx.send((await middle.carry({ ...first.Count, up_to: 300 })) as never);
    const told = await maker.rx.recv();
    if (told === undefined || !("Report" in told)) throw new Error("the peer told nothing");
    // From here on Postbag writes a u32 in two bytes, and the program in the middle wrote one.
    expect(told.Report.received).toEqual(Array.from({ length: 128 }, (_, at) => at));
    expect(told.Report.ended).toMatch(/deserialization error: .*the bytes end too early/);
    await middle.end();
    await Promise.all([letGo(maker as never), letGo(user as never)]);
  });

  test("a watch receiver sees its last value", async () => {
    const maker = await connect(`${peerOf(from).url}/watch/json`, {
      send: WatchAsk,
      receive: WatchOffered,
      codec: json,
    });
    const user = await connect(`${peerOf(to).url}/watch/postbag`, { send: WatchAsk, receive: WatchOffered });
    const middle = await hop(t.watch.receiver(t.u32));
    await maker.tx.send({ Offer: { first: 10, up_to: 60 } });
    const offered = await maker.rx.recv();
    if (offered === undefined) throw new Error("the peer offered nothing");
    offered.tx.close();
    const [report, told] = oneshot.channel(t.vec(t.u32));
    await user.tx.send({ Follow: { rx: await middle.carry(offered.rx), report } });
    const seen = await told.recv();
    expect(seen.at(-1)).toBe(60);
    expect([...seen].sort((one, other) => one - other)).toEqual(seen);
    await offered.report.recv();
    await middle.end();
    await Promise.all([letGo(maker as never), letGo(user as never)]);
  });

  test("a watch sender drives what the other side follows", async () => {
    const maker = await connect(`${peerOf(from).url}/watch/postbag`, { send: WatchAsk, receive: WatchOffered });
    const user = await connect(`${peerOf(to).url}/watch/json`, { send: WatchAsk, receive: WatchOffered, codec: json });
    const middle = await hop(t.watch.sender(t.u32));
    await maker.tx.send({ Offer: { first: 10, up_to: 20 } });
    const offered = await maker.rx.recv();
    if (offered === undefined) throw new Error("the peer offered nothing");
    offered.rx.drop();
    const [report, reached] = oneshot.channel(t.u32);
    await user.tx.send({ Drive: { tx: await middle.carry(offered.tx), up_to: 90, report } });
    expect(await reached.recv()).toBe(90);
    expect((await offered.report.recv()).at(-1)).toBe(90);
    await middle.end();
    await Promise.all([letGo(maker as never), letGo(user as never)]);
  });

  test("a broadcast receiver gets every value", async () => {
    const maker = await connect(`${peerOf(from).url}/broadcast/json`, { send: BroadcastAsk, codec: json });
    const user = await connect(`${peerOf(to).url}/broadcast/postbag`, { send: BroadcastAsk });
    const middle = await hop(t.broadcast.receiver(t.u32));
    const [reply, subscribed] = oneshot.channel(t.broadcast.receiver(t.u32));
    const [begin, go] = oneshot.channel(t.unit);
    await maker.tx.send({ Subscribe: { count: 100, send_buffer: 200, go, reply } });
    const [report, heard] = oneshot.channel(Heard);
    await user.tx.send({ Listen: { rx: await middle.carry(await subscribed.recv()), report } });
    await begin.send(null);
    expect(await heard.recv()).toEqual({ values: Array.from({ length: 100 }, (_, at) => at), lags: 0 });
    await middle.end();
    await Promise.all([letGo(maker as never), letGo(user as never)]);
  });
});
