/** The page of the browser tests: the same scenarios as in Node, started by Playwright through `window`. */

import {
  type Connection,
  connect,
  consume,
  type Infer,
  mpsc,
  openDataChannel,
  openDirect,
  type SignalMessage,
  t,
} from "../../../ts/index.ts";
import { codeOf } from "../../scenarios/close.ts";
import { playPeer } from "../../scenarios/peer.ts";
import { CountReq, Source } from "../../scenarios/types.ts";
import type { DirectServer } from "../direct.ts";
import type { Order, Outcome } from "./runner.ts";
import { type Asked, runScenario } from "./scenario.ts";

/**
 * Where the other role is played: at a WebSocket URL, in a worker of this page; or over a data channel in this page, or in
 * the server at a WebSocket URL.
 */
export type Where = { base: string } | "worker" | "shared worker" | "data channel" | { signaling: string };

/** Where the scenario runs, which is the page's role; workers have WebSockets only. */
export type Environment = "page" | "worker" | "shared worker";

/** What a test calls. */
export interface TestPage {
  runScenario(environment: Environment, where: Where, asked: Asked): Promise<unknown>;
  /** Plays the peer's role of `path`, such as `/count/postbag`, at the WebSocket server `base`, which plays the page's. */
  servePath(base: string, path: string): Promise<void>;
  /** Terminates a worker in the middle of a transfer; the codes with which everything pending rejected, and when. */
  terminateMidTransfer(): Promise<{ codes: string[]; tookMs: number }>;
  /** Opens a connection and keeps it; resolves when numbers are coming. */
  keepCounting(url: string): Promise<void>;
  /** How connecting to a count over 3 went: the numbers, or code and message of the error. */
  tryCount(url: string): Promise<number[] | { code: string; message: string }>;
}

/** Both roles are played here; what signalling needs goes from one to the other in the page. */
async function runOverDataChannel(asked: Asked): Promise<unknown> {
  const [there, here] = [mpsc.channel<SignalMessage>(t.any as never), mpsc.channel<SignalMessage>(t.any as never)];
  const [near, far] = await Promise.all([
    openDataChannel({ initiator: true, send: (message) => there[0].send(message), messages: here[1] }),
    openDataChannel({ initiator: false, send: (message) => here[0].send(message), messages: there[1] }),
  ]);
  return await runScenario(asked, (path) => {
    void playPeer(path, (options) => connect(far, options)).catch(ignoreClosed);
    return near;
  });
}

/** The other role is played by a server, over a data channel that is opened through a WebSocket. */
async function runWithServer(url: string, asked: Asked): Promise<unknown> {
  await using server = await consume<DirectServer>(url);
  const place = crypto.randomUUID();
  const [channel] = await Promise.all([openDirect(await server.switchboard, place), server.meet(place)]);
  let played: Promise<void> | undefined;
  const result = await runScenario(asked, (path) => {
    played = server.play(path);
    return channel;
  });
  await played;
  return result;
}

/** One side that closes below a role makes it fail; anything else is an error of the test. */
function ignoreClosed(error: unknown): void {
  if (!["remote_closed", "remote_connection_closed"].includes(codeOf(error))) throw error;
}

const workers = new Set<Worker>();

const testPage: TestPage = {
  async runScenario(environment, where, asked) {
    if (environment !== "page") return await runElsewhere(environment, { ...(where as { base: string }), ...asked });
    if (where === "data channel") return await runOverDataChannel(asked);
    if (typeof where === "object" && "signaling" in where) return await runWithServer(where.signaling, asked);
    const result = await runScenario(asked, (path) => {
      if (where === "worker") return startWorker(path);
      return where === "shared worker" ? startSharedWorker(path) : where.base + path;
    });
    for (const worker of workers) worker.terminate();
    workers.clear();
    return result;
  },

  async servePath(base, path) {
    await playPeer(path, (options) => connect(`${base}/page${path}`, options));
  },

  async terminateMidTransfer() {
    const worker = startWorker("/source/postbag");
    const conn = await connect(worker, { send: Source });
    const [tx, rx] = mpsc.channel(t.bytes);
    await conn.tx.send({ tx, item_bytes: 10_000, items: 1_000_000 });
    for (let item = 0; item < 20; item++) await rx.recv();
    const reading = (async () => {
      while ((await rx.recv()) !== undefined);
      return "end";
    })();
    const pending = [reading, conn.rx.recv(), conn.tx.closed(), conn.closed];
    const codes = pending.map((promise) => promise.then(() => "resolved", codeOf));
    const began = performance.now();
    worker.terminate();
    return { codes: await Promise.all(codes), tookMs: performance.now() - began };
  },

  async keepCounting(url) {
    const { conn, seq_rx } = await startCount(url, 1_000_000);
    await seq_rx.recv();
    kept.push(conn);
  },

  async tryCount(url) {
    try {
      const { conn, seq_rx } = await startCount(url, 3);
      const numbers: number[] = [];
      for await (const number of seq_rx) numbers.push(number);
      await conn.close();
      return numbers;
    } catch (error) {
      return { code: codeOf(error), message: (error as Error).message };
    }
  },
};

/** Held, so that nothing of it is collected. */
const kept: unknown[] = [];

function startWorker(path: string): Worker {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: path });
  workers.add(worker);
  return worker;
}

/** A new one for every path and time: its name is what it is known by. */
function startSharedWorker(path: string): SharedWorker {
  const name = `${path}?${crypto.randomUUID()}`;
  return new SharedWorker(new URL("./shared.ts", import.meta.url), { type: "module", name });
}

/** Has a worker run a scenario, one after the other. */
async function runElsewhere(environment: "worker" | "shared worker", order: Order): Promise<unknown> {
  runners[environment] ??= startRunner(environment);
  const runner = runners[environment];
  const outcome = await new Promise<Outcome>((resolve) => {
    runner.onmessage = ({ data }) => resolve(data);
    runner.postMessage(order);
  });
  if ("error" in outcome) throw new Error(outcome.error);
  return outcome.result;
}

const runners: { [environment in "worker" | "shared worker"]?: Worker | MessagePort } = {};

function startRunner(environment: "worker" | "shared worker"): Worker | MessagePort {
  // The bundler looks for exactly these forms.
  if (environment === "worker") return new Worker(new URL("./runner.ts", import.meta.url), { type: "module" });
  return new SharedWorker(new URL("./runner.ts", import.meta.url), { type: "module" }).port;
}

async function startCount(
  url: string,
  up_to: number,
): Promise<{ conn: Connection<Infer<typeof CountReq>>; seq_rx: mpsc.Receiver<number> }> {
  const conn = await connect(url, { send: CountReq });
  const [seq_tx, seq_rx] = mpsc.channel(t.u32);
  await conn.tx.send({ up_to, seq_tx });
  return { conn, seq_rx };
}

Object.assign(window, { testPage });
