/** Channels with stock remoc that the scenarios do not show: streams of bytes, large values, and hops between releases. */

import { createConnection } from "node:net";
import { describe, expect, test } from "vitest";
import {
  bin,
  type Codec,
  type Connection,
  connect,
  type Descriptor,
  mpsc,
  oneshot,
  type Progress,
  postbag,
  type Transport,
  t,
  watch,
} from "../../ts/index.ts";
import { streamTransport } from "../../ts/node/index.ts";
import { toTransport } from "../../ts/transport/target.ts";
import { Followed, RatesAsk, RatesOffered } from "../scenarios/rates.ts";
import {
  Ask,
  BinAsk,
  BinLines,
  BroadcastAsk,
  CountReq,
  Heard,
  Sink,
  SinkReport,
  WatchAsk,
  WatchOffered,
} from "../scenarios/types.ts";
import { runCase } from "./cases.ts";
import { hopCases, ioBreaksOff, ioCases, laneCases, rateCases } from "./channel-cases.ts";
import { covers, coversCase } from "./covers.ts";
import { codecs, type RustPeer, useRustPeers, type Version, versions, watchEndings } from "./support.ts";

const peerOf = useRustPeers();

describe.each(codecs)("io channels with remoc 0.20.5 in $name", (codec) => {
  test.each([...ioCases, ioBreaksOff])("$title", async (one) => {
    coversCase(one, "0.20.5");
    const peer = peerOf("0.20.5");
    const endings = watchEndings(peer);
    await runCase(one, { connectTo: (path) => peer.url + path, codec }, "0.20.5");
    expect(await endings()).toEqual(["ended orderly"]);
  });
});

describe.each(codecs)("limits of the rate and parallel ports with remoc 0.20.5 in $name", (codec) => {
  test.each(rateCases)("$title ($scenario)", async (one) => {
    coversCase(one, "0.20.5");
    const peer = peerOf("0.20.5");
    const endings = watchEndings(peer);
    await runCase(one, { connectTo: (path) => peer.url + path, codec }, "0.20.5");
    expect(await endings()).toEqual(["ended orderly"]);
  });

  test.each(laneCases)("$title", async (one) => {
    coversCase(one, "0.20.5");
    const peer = peerOf("0.20.5");
    const endings = watchEndings(peer);
    await runCase(one, { connectTo: (path) => peer.url + path, codec }, "0.20.5");
    expect(await endings()).toEqual(["ended orderly"]);
  });
});

async function to<Tx, Rx = null>(
  peer: RustPeer,
  path: string,
  types: { codec: Codec; send: Descriptor<Tx>; receive?: Descriptor<Rx> },
): Promise<Connection<Tx, Rx>> {
  return await connect<Tx, Rx>(peer.url + path, types);
}

async function ended(...connections: Connection<never, unknown>[]): Promise<void> {
  for (const conn of connections) {
    conn.tx.close();
    expect(await conn.rx.recv()).toBeUndefined();
    conn.rx.drop();
    await conn.closed;
    expect(conn.stats()).toMatchObject({ ports: 0, bufferedBytes: 0 });
  }
}

test.each(versions)("CH-3: a value of 15 MiB is streamed to remoc %s, with progress and credits", async (version) => {
  covers(["CH-3"], version);
  const [codec] = codecs as [Codec];
  const conn = await to(peerOf(version), "/sink/postbag", { codec, send: Sink });
  const [tx, rx] = mpsc.channel(t.bytes);
  const [goTx, go] = oneshot.channel(t.unit);
  const [reportTx, report] = oneshot.channel(SinkReport);
  await conn.tx.send({ rx, go, report: reportTx });
  const told: Progress[] = [];
  const data = new Uint8Array(15 * 1024 * 1024).fill(2);
  const sending = tx.send(data, { onProgress: (progress) => told.push(progress) });
  await goTx.send(null);
  await sending;
  tx.close();
  expect(await report.recv()).toEqual({
    items: 1n,
    bytes: BigInt(data.length),
    sum: 2n * BigInt(data.length),
    error: null,
  });
  expect(told.length).toBeGreaterThan(10);
  expect(told.at(-1)?.doneBytes).toBe(told.at(-1)?.totalBytes);
  await ended(conn as never);
});

test("WA-11: limits of the rate are told when they change, and at no other time", async () => {
  covers(["WA-11"], "0.20.5");
  const told = { byUs: 0, byPeer: 0 };
  const inner = toTransport(`${peerOf("0.20.5").url}/rates/postbag`);
  const isLimit = (frame: Uint8Array): boolean => frame.length === 17 && frame[0] === 3;
  const target: Transport = {
    kind: inner.kind,
    start: (sink) =>
      inner.start({
        frame(frame) {
          if (isLimit(frame)) told.byPeer += 1;
          sink.frame(frame);
        },
        writable: () => sink.writable(),
        ended: (end) => sink.ended(end),
        failed: (error) => sink.failed(error),
      }),
    capacity: () => inner.capacity(),
    send(frame) {
      if (isLimit(frame)) told.byUs += 1;
      inner.send(frame);
    },
    flush: () => inner.flush(),
    close: () => inner.close(),
  };
  const conn = await connect(target, { send: RatesAsk, receive: RatesOffered });
  const [tx, followed] = watch.channel(t.u32, 0);
  followed.rateLimitMs = 1;
  const [report, reported] = oneshot.channel(Followed);
  await conn.tx.send({ Follow: { rx: followed, report } });
  tx.send(1);
  tx.close();
  expect((await reported.recv()).last).toBe(1);
  await conn.tx.send({ Offer: { strategy: "ChannelBuffered", limit_ms: 0n, up_to: 4_000_000_000 } });
  const offered = await conn.rx.recv();
  if (offered === undefined) throw new Error("nothing was offered");
  const { limited, free } = offered;
  await limited.waitFor((value) => value > 3);
  expect(told).toEqual({ byUs: 0, byPeer: 0 });
  for (const [ms, messages] of [
    [2, 1],
    [2, 1],
    [0, 2],
  ] as const) {
    limited.rateLimitMs = ms;
    const from = limited.borrow();
    await limited.waitFor((value) => value > from + 3);
    expect(told).toEqual({ byUs: messages, byPeer: 0 });
  }
  limited.drop();
  free.drop();
  await ended(conn as never);
});

describe.each(versions)("several connections with remoc %s", (version) => {
  test.each(hopCases)("$title", async (one) => {
    coversCase(one, version);
    const peer = peerOf(version);
    const endings = watchEndings(peer);
    await runCase(one, { connectTo: (path) => peer.url + path, codec: postbag }, version);
    expect(new Set(await endings())).toEqual(new Set(["ended orderly"]));
  });
});

const pairs: [Version, Version][] = [
  ["0.18.3", "0.20.5"],
  ["0.20.5", "0.18.3"],
  ["0.20.5", "0.20.5"],
];

describe.each(pairs)("CH-6: from remoc %s through this program to remoc %s", (first, second) => {
  const both = (): [RustPeer, RustPeer] => {
    for (const version of [first, second]) covers(["CH-6"], version);
    return [peerOf(first), peerOf(second)];
  };

  test("an mpsc sender that came over TCP in Postbag is used over WebSocket in JSON", async () => {
    const [one, other] = both();
    const [postbag, json] = codecs as [Codec, Codec];
    const port = one.info.tcp["request-count/postbag"];
    const target = streamTransport(createConnection({ host: "127.0.0.1", port }));
    const a = await connect(target, { codec: postbag, send: t.u32, receive: Ask });
    const b = await to(other, "/count/json", { codec: json, send: CountReq, receive: t.unit });
    const asked = await a.rx.recv();
    if (asked === undefined || !("Count" in asked)) throw new Error("nothing was asked");
    await b.tx.send(asked.Count);
    expect(await a.rx.recv()).toEqual({ Report: { received: [0, 1, 2, 3, 4], ended: "end" } });
    await ended(a as never, b as never);
  });

  test("bin halves carry messages there and back", async () => {
    const [one, other] = both();
    const [codec] = codecs as [Codec];
    const a = await to(one, "/bin/postbag", { codec, send: BinAsk, receive: BinLines });
    const b = await to(other, "/bin/postbag", { codec, send: BinAsk, receive: BinLines });
    await a.tx.send({ Offer: { close_after: null } });
    const lines = await a.rx.recv();
    if (lines === undefined) throw new Error("nothing was offered");
    const [tx, rx] = bin.channel();
    await b.tx.send({ Echo: { lines: { rx, tx: lines.tx }, close_after: null } });
    for (const length of [0, 1, 100_000]) {
      await tx.send(new Uint8Array(length).fill(7));
      expect(await lines.rx.recv()).toEqual(new Uint8Array(length).fill(7));
    }
    tx.close();
    expect(await lines.rx.recv()).toBeUndefined();
    await ended(a as never, b as never);
  });

  test("a broadcast receiver gets every value", async () => {
    const [one, other] = both();
    const [codec] = codecs as [Codec];
    const a = await to(one, "/broadcast/postbag", { codec, send: BroadcastAsk });
    const b = await to(other, "/broadcast/postbag", { codec, send: BroadcastAsk });
    const [goTx, go] = oneshot.channel(t.unit);
    const [replyTx, reply] = oneshot.channel(t.broadcast.receiver(t.u32));
    await a.tx.send({ Subscribe: { count: 100, send_buffer: 100, go, reply: replyTx } });
    const [reportTx, report] = oneshot.channel(Heard);
    await b.tx.send({ Listen: { rx: await reply.recv(), report: reportTx } });
    await goTx.send(null);
    expect(await report.recv()).toEqual({ values: Array.from({ length: 100 }, (_, at) => at), lags: 0 });
    await ended(a as never, b as never);
  });

  test("watch halves of both directions bring the last value", async () => {
    const [one, other] = both();
    const [codec] = codecs as [Codec];
    const a = await to(one, "/watch/postbag", { codec, send: WatchAsk, receive: WatchOffered });
    const b = await to(other, "/watch/postbag", { codec, send: WatchAsk, receive: WatchOffered });
    await a.tx.send({ Offer: { first: 10, up_to: 60 } });
    const offered = await a.rx.recv();
    if (offered === undefined) throw new Error("nothing was offered");
    const [followedTx, followed] = oneshot.channel(t.vec(t.u32));
    const [reachedTx, reached] = oneshot.channel(t.u32);
    await b.tx.send({ Follow: { rx: offered.rx, report: followedTx } });
    await b.tx.send({ Drive: { tx: offered.tx, up_to: 40, report: reachedTx } });
    expect((await followed.recv()).at(-1)).toBe(60);
    expect(await reached.recv()).toBe(40);
    expect((await offered.report.recv()).at(-1)).toBe(40);
    await ended(a as never, b as never);
  });
});
