/** How the page reaches its peers. Panels only see a {@link Link}, whoever is behind it. */

import { type BaseReceiver, type Connection, connect, mpsc, oneshot, t } from "../ts/index.ts";
import { CountNote, CountReq, Request, Sink, SinkReport, Source } from "./contract.ts";

/** What a peer can do, over one connection or several. */
export interface Link {
  /** For people, for instance "WebSocket". */
  readonly carrier: string;
  /** The generation of remoc that the peer's Hello has the form of. */
  readonly generation: string;
  /** Every connection by what it is for. */
  readonly connections: readonly { readonly name: string; readonly conn: AnyConnection }[];
  /** Sends a request; resolves when it is on its way. */
  count(request: CountReq): Promise<void>;
  upload(request: Sink): Promise<void>;
  download(request: Source): Promise<void>;
  /** The smallest call there is, over the connection that carries `traffic` now. Resolves when the answer came. */
  roundTrip(traffic: Traffic): Promise<void>;
  /** Resolves when a connection ended in an orderly way, rejects when one failed. */
  readonly closed: Promise<unknown>;
  close(): Promise<void>;
}

/** What runs on a link beside the small call. */
export type Traffic = "upload" | "download" | undefined;

/** The part of a connection that does not depend on what it carries. */
export type AnyConnection = Pick<Connection, "stats" | "closed" | "close" | "peer">;

/** Told what a peer says by itself. */
export type OnNote = (note: CountNote) => void;

/**
 * For stock peers, half of the default. Who counts fills the window with numbers of a few bytes each; to and from a
 * stock peer every one of them is two messages of the carrier, and whatever comes next stands behind them.
 */
const limits = { portWindowBytes: 32 * 1024 };

/** The Node server that the page came from. */
export async function connectNode(onNote: OnNote): Promise<Link> {
  return requestLink(await connect("/requests", { send: Request, receive: CountNote }), onNote);
}

/** A worker of its own for each link. */
export async function connectWorker(onNote: OnNote): Promise<Link> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  try {
    const link = requestLink(await connect(worker, { send: Request, receive: CountNote }), onNote);
    const close = async (): Promise<void> => {
      await link.close();
      worker.terminate();
    };
    return { ...link, close };
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

/** A Rust program of tests/interop/peers; it has a path for each thing that it does. */
export async function connectRust(address: string, onNote: OnNote): Promise<Link> {
  const opened: AnyConnection[] = [];
  const open = async <C extends AnyConnection>(connecting: Promise<C>): Promise<C> => {
    const conn = await connecting;
    opened.push(conn);
    return conn;
  };
  const outcomes = await Promise.allSettled([
    open(connect(`${address}/count/postbag`, { limits, send: CountReq, receive: CountNote })),
    open(connect(`${address}/sink/postbag`, { limits, send: Sink })),
    open(connect(`${address}/source/postbag`, { limits, send: Source })),
  ]);
  const [count, sink, source] = outcomes;
  if (count.status === "fulfilled" && sink.status === "fulfilled" && source.status === "fulfilled") {
    return rustLink(count.value, sink.value, source.value, onNote);
  }
  await Promise.all(opened.map((conn) => conn.close()));
  throw outcomes.find((outcome) => outcome.status === "rejected")?.reason;
}

function requestLink(conn: Connection<Request, CountNote>, onNote: OnNote): Link {
  void listen(conn.rx, onNote);
  return {
    ...describe([{ name: "everything", conn }]),
    count: (request) => conn.tx.send({ Count: request }),
    upload: (request) => conn.tx.send({ Upload: request }),
    download: (request) => conn.tx.send({ Download: request }),
    roundTrip: async () => {
      const [reply, answer] = oneshot.channel(t.u32);
      await conn.tx.send({ Echo: { value: 1, reply } });
      await answer.recv();
    },
  };
}

function rustLink(
  count: Connection<CountReq, CountNote>,
  sink: Connection<Sink>,
  source: Connection<Source>,
  onNote: OnNote,
): Link {
  void listen(count.rx, onNote);
  const connections = [
    { name: "count", conn: count },
    { name: "upload", conn: sink },
    { name: "download", conn: source },
  ];
  return {
    ...describe(connections),
    count: (request) => count.tx.send(request),
    upload: (request) => sink.tx.send(request),
    download: (request) => source.tx.send(request),
    roundTrip: async (traffic) => {
      if (traffic === "upload") await emptyUpload(sink);
      else if (traffic === "download") await tinyDownload(source);
      else await countToOne(count);
    },
  };
}

function describe(
  connections: Link["connections"],
): Pick<Link, "carrier" | "generation" | "connections" | "closed" | "close"> {
  const conns = connections.map(({ conn }) => conn);
  const [first] = conns as [AnyConnection];
  return {
    connections,
    carrier:
      { websocket: "WebSocket", "message-port": "MessagePort" }[first.stats().transport] ?? first.stats().transport,
    generation: first.peer.generation,
    closed: Promise.race(conns.map((conn) => conn.closed)),
    close: async () => {
      await Promise.all(conns.map((conn) => conn.close()));
    },
  };
}

async function listen(notes: BaseReceiver<CountNote>, onNote: OnNote): Promise<void> {
  try {
    for await (const note of notes) onNote(note);
  } catch {
    // `closed` says what happened.
  }
}

async function countToOne(conn: Connection<CountReq, CountNote>): Promise<void> {
  const [seq_tx, seq_rx] = mpsc.channel(t.u32);
  await conn.tx.send({ up_to: 1, seq_tx });
  for await (const _ of seq_rx);
}

async function emptyUpload(conn: Connection<Sink>): Promise<void> {
  const [tx, rx] = mpsc.channel(t.bytes);
  const [goTx, go] = oneshot.channel(t.unit);
  const [report, answer] = oneshot.channel(SinkReport);
  tx.close();
  await goTx.send(null);
  await conn.tx.send({ rx, go, report });
  await answer.recv();
}

async function tinyDownload(conn: Connection<Source>): Promise<void> {
  const [tx, rx] = mpsc.channel(t.bytes);
  await conn.tx.send({ tx, item_bytes: 1, items: 1 });
  for await (const _ of rx);
}
