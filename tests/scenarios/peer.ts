/** The peer's roles of the scenarios, as the Rust peers play them, in TypeScript. */

import {
  bin,
  type CloseInfo,
  type Codec,
  type Connection,
  type ConnectOptions,
  CuttleError,
  type Descriptor,
  type Infer,
  json,
  lr,
  mpsc,
  type oneshot,
  postbag,
  serveObject,
  t,
} from "../../ts/index.ts";
import { useCounter, useObjects } from "./calling.ts";
import { CounterImpl, makeObjects } from "./calling-roles.ts";
import { Counter, Objects as ObjectsType } from "./calling-types.ts";
import { ChunksAsk, serveChunks } from "./chunks.ts";
import { itemOf, sumOf } from "./items.ts";
import { Lanes, LanesAsk, serveLanes } from "./lanes.ts";
import { Mixed, serveMixed } from "./mixed.ts";
import { echoLines, offerLines, serveBroadcast, serveWatch } from "./peer-kinds.ts";
import { RatesAsk, RatesOffered, serveRates } from "./rates.ts";
import { Rooms, RoomsImpl, useRooms } from "./rooms.ts";
import { IoAsk, IoStreams, serveIo } from "./streams.ts";
import {
  Ask,
  BinAsk,
  BinLines,
  BroadcastAsk,
  CountNote,
  CountReq,
  Echo,
  Limited,
  LrAsk,
  LrLines,
  Sink,
  type SinkReport,
  Source,
  Stop,
  Tree,
  type TreeLeaf,
  WatchAsk,
  WatchOffered,
} from "./types.ts";

/** Connects to whoever came in, with the options of the role. */
export type Join = <Tx, Rx>(options: ConnectOptions<Tx, Rx>) => Promise<Connection<Tx, Rx>>;

/**
 * Plays the role of a path such as `/count/postbag`. Resolves with how the connection ended; rejects with why it
 * failed, or with what a role could not do although the connection lived.
 */
export async function playPeer(path: string, join: Join): Promise<CloseInfo> {
  const [, scenario = "", codecName = ""] = /^\/?([\w-]+)\/(\w+)$/.exec(path) ?? [];
  const play = Object.hasOwn(roles, scenario) ? roles[scenario as keyof typeof roles] : undefined;
  if (play === undefined) throw new Error(`no scenario at ${path}`);
  return await play(join, codecName === "json" ? json : postbag);
}

const roles = {
  count: (join: Join, codec: Codec) =>
    work(join, { codec, send: CountNote, receive: CountReq }, async (request, conn) => {
      const note = await countInto(request);
      if (note !== undefined) await conn.tx.send(note);
    }),
  "request-count": requestCount,
  echo: (join: Join, codec: Codec) =>
    work(join, { codec, receive: Echo }, async ({ value, reply }) => await reply.send(value)),
  sink: (join: Join, codec: Codec) => work(join, { codec, receive: Sink }, drain),
  source: (join: Join, codec: Codec) => work(join, { codec, receive: Source }, pour),
  stop: (join: Join, codec: Codec) => work(join, { codec, receive: Stop }, readAndStop),
  tree: (join: Join, codec: Codec) =>
    work(join, { codec, receive: Tree }, async (tree) => {
      await Promise.all(visit(tree, ""));
    }),
  limit: (join: Join, codec: Codec) => work(join, { codec, receive: Limited }, sendTooMuch),
  bin: (join: Join, codec: Codec) =>
    work(join, { codec, send: BinLines, receive: BinAsk }, async (ask, conn) => {
      if ("Echo" in ask) await echoLines(ask.Echo.lines, ask.Echo.close_after);
      else await offerLines(bin.channel(), bin.channel(), ask.Offer.close_after, (lines) => conn.tx.send(lines));
    }),
  chunks: (join: Join, codec: Codec) => work(join, { codec, receive: ChunksAsk }, serveChunks),
  lr: (join: Join, codec: Codec) =>
    work(join, { codec, send: LrLines, receive: LrAsk }, async (ask, conn) => {
      const channel = () => lr.channel(t.str);
      if ("Echo" in ask) await echoLines(ask.Echo.lines, ask.Echo.close_after);
      else await offerLines(channel(), channel(), ask.Offer.close_after, (lines) => conn.tx.send(lines));
    }),
  mixed: (join: Join, codec: Codec) => work(join, { codec, receive: Mixed }, serveMixed),
  io: (join: Join, codec: Codec) =>
    work(join, { codec, send: IoStreams, receive: IoAsk }, (ask, conn) =>
      serveIo(ask, (streams) => conn.tx.send(streams)),
    ),
  rates: (join: Join, codec: Codec) =>
    work(join, { codec, send: RatesOffered, receive: RatesAsk }, (ask, conn) =>
      serveRates(ask, (offered) => conn.tx.send(offered)),
    ),
  lanes: (join: Join, codec: Codec) =>
    work(join, { codec, send: Lanes, receive: LanesAsk }, (ask, conn) =>
      serveLanes(ask, (lanes) => conn.tx.send(lanes)),
    ),
  watch: (join: Join, codec: Codec) =>
    work(join, { codec, send: WatchOffered, receive: WatchAsk }, (ask, conn) =>
      serveWatch(ask, (offered) => conn.tx.send(offered)),
    ),
  broadcast: (join: Join, codec: Codec) => work(join, { codec, receive: BroadcastAsk }, serveBroadcast),
  counter: giveCounter,
  "use-counter": (join: Join, codec: Codec) => report(join, codec, t.client(Counter), useCounter),
  objects: giveObjects,
  "use-objects": (join: Join, codec: Codec) => report(join, codec, ObjectsType, useObjects),
  rooms: giveRooms,
  "use-rooms": (join: Join, codec: Codec) => report(join, codec, t.client(Rooms), useRooms),
};

async function giveCounter(join: Join, codec: Codec): Promise<CloseInfo> {
  const { server, client } = serveObject(Counter, new CounterImpl(), { onFailure: () => undefined });
  const info = await give(join, codec, t.client(Counter), client);
  await server.done;
  return info;
}

async function giveRooms(join: Join, codec: Codec): Promise<CloseInfo> {
  const { server, client } = serveObject(Rooms, new RoomsImpl());
  const info = await give(join, codec, t.client(Rooms), client);
  await server.done;
  return info;
}

async function giveObjects(join: Join, codec: Codec): Promise<CloseInfo> {
  const { objects, release } = makeObjects();
  return await give(join, codec, ObjectsType, objects, release);
}

/** Gives the page one value. */
async function give<T>(
  join: Join,
  codec: Codec,
  type: Descriptor<T>,
  value: T,
  release: () => Promise<void> = async () => undefined,
): Promise<CloseInfo> {
  const conn = await join({ codec, send: type });
  await conn.tx.send(value);
  conn.tx.close();
  conn.rx.drop();
  await release();
  return await conn.closed;
}

/** Uses the one value that the page gives, and reports what came of it. */
async function report<T>(
  join: Join,
  codec: Codec,
  type: Descriptor<T>,
  use: (value: T) => Promise<object>,
): Promise<CloseInfo> {
  const conn = await join({ codec, send: t.str, receive: type });
  const value = await conn.rx.recv();
  if (value === undefined) throw new Error("the page gave nothing");
  await conn.tx.send(JSON.stringify(await use(value)));
  conn.tx.close();
  conn.rx.drop();
  return await conn.closed;
}

/** Handles every value of the page, all at once; lets go of the connection when the page has and all is done. */
async function work<Tx, Rx>(
  join: Join,
  options: ConnectOptions<Tx, Rx>,
  handle: (value: Rx, conn: Connection<Tx, Rx>) => Promise<void>,
): Promise<CloseInfo> {
  const conn = await join(options);
  const failures: unknown[] = [];
  const jobs: Promise<void>[] = [];
  try {
    for await (const value of conn.rx) jobs.push(handle(value, conn).catch((error) => void failures.push(error)));
    await Promise.all(jobs);
    conn.tx.close();
    const info = await conn.closed;
    if (failures.length > 0) throw failures[0];
    return info;
  } catch (error) {
    await conn.close();
    throw error;
  }
}

async function countInto({ up_to, seq_tx }: Infer<typeof CountReq>): Promise<Infer<typeof CountNote> | undefined> {
  for (let at = 0; at < up_to; at++) {
    try {
      await seq_tx.send(at);
    } catch {
      return { Stopped: { at, reason: seq_tx.closedReason ?? "failed" } };
    }
  }
  seq_tx.close();
  return undefined;
}

async function requestCount(join: Join, codec: Codec): Promise<CloseInfo> {
  const conn = await join({ codec, send: Ask, receive: t.u32 });
  try {
    for (let up_to: number | undefined = 5; up_to !== undefined; up_to = await conn.rx.recv()) {
      const [seq_tx, seq_rx] = mpsc.channel(t.u32);
      await conn.tx.send({ Count: { up_to, seq_tx } });
      const received: number[] = [];
      for await (const number of seq_rx) received.push(number);
      await conn.tx.send({ Report: { received, ended: "end" } });
    }
    conn.tx.close();
    conn.rx.drop();
    return await conn.closed;
  } catch (error) {
    await conn.close();
    throw error;
  }
}

async function drain({ rx, go, report }: Infer<typeof Sink>): Promise<void> {
  const outcome: Infer<typeof SinkReport> = { items: 0n, bytes: 0n, sum: 0n, error: null };
  try {
    await go.recv();
    for await (const item of rx) {
      outcome.items += 1n;
      outcome.bytes += BigInt(item.length);
      outcome.sum += BigInt(sumOf(item));
    }
  } catch (error) {
    // The report cannot tell of the end of the connection that carries it.
    if (CuttleError.is(error, "remote_connection_closed", "transport_lost")) throw error;
    outcome.error = String(error);
  }
  await report.send(outcome);
}

async function pour({ tx, item_bytes, items }: Infer<typeof Source>): Promise<void> {
  for (let k = 0; k < items; k++) await tx.send(itemOf(k, item_bytes));
  tx.close();
}

async function readAndStop({ rx, after, how, report }: Infer<typeof Stop>): Promise<void> {
  const items: number[] = [];
  const readUpTo = async (count: number): Promise<void> => {
    while (items.length < count) {
      const item = await rx.recv();
      if (item === undefined) return;
      items.push(item);
    }
  };
  await readUpTo(after);
  if (how === "Close") {
    rx.close();
    await readUpTo(Number.POSITIVE_INFINITY);
  }
  rx.drop();
  await report.send(items);
}

function visit(tree: Tree, parent: string): Promise<void>[] {
  const path = parent === "" ? tree.name : `${parent}/${tree.name}`;
  const jobs = tree.tx === null ? [] : [tell(tree.tx, path)];
  for (const child of tree.children) jobs.push(...visit(child, path));
  for (const [key, [, leaf]] of tree.extra) jobs.push(serveLeaf(leaf, `${path}/${key}`));
  return jobs;
}

async function serveLeaf(leaf: TreeLeaf, path: string): Promise<void> {
  if (leaf === "None") return;
  if ("Tx" in leaf) await tell(leaf.Tx, path);
  else await sum(leaf.Pair);
}

async function tell(tx: mpsc.Sender<string>, path: string): Promise<void> {
  await tx.send(path);
  tx.close();
}

async function sum({ a, b }: { a: oneshot.Sender<string>; b: mpsc.Receiver<number> }): Promise<void> {
  let total = 0;
  for await (const number of b) total += number;
  await a.send(String(total));
}

/** Unlike remoc's, our sender goes on after a value that was too large. */
async function sendTooMuch({ tx }: Infer<typeof Limited>): Promise<void> {
  for (const length of [10, 100_000, 10, 1_000_000, 10]) {
    await tx.send("x".repeat(length)).catch(() => undefined);
  }
  tx.close();
}
