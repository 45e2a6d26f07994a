import { Sink, SinkReport, Source } from "../../tests/scenarios/types.ts";
import { connect, mpsc, oneshot, t } from "../../ts/index.ts";
import { LIMITS } from "../rivals/cuttle-types.ts";
import type { LatencyResult } from "./latency.ts";
import { sampleUntil } from "./sampling.ts";

/** A stock remoc server, and what goes between it and us. */
export interface StockArgs {
  /** Of the peer in tests/interop/peers, without a path. */
  url: string;
  /** `down`: it sends items of 64 KiB over a channel; `up`: we send it one value. */
  direction: "up" | "down";
  bytes: number;
  everyMs: number;
  idleCalls: number;
}

/** As the task `latency`, against stock remoc: a small call is a request of its own on the same connection. */
export function stock(args: StockArgs): Promise<LatencyResult> {
  return args.direction === "down" ? down(args) : up(args);
}

const ITEM_BYTES = 64 * 1024;

/** A small call asks for one item of 16 bytes over a channel of its own: one round trip. */
async function down({ url, bytes, everyMs, idleCalls }: StockArgs): Promise<LatencyResult> {
  const conn = await connect(`${url}/source/postbag`, { send: Source, limits: LIMITS });
  const ask = async (item_bytes: number, items: number): Promise<void> => {
    const [tx, rx] = mpsc.channel(t.bytes);
    await conn.tx.send({ tx, item_bytes, items });
    let count = 0;
    while ((await rx.recv()) !== undefined) count += 1;
    if (count !== items) throw new Error(`${count} of ${items} items came`);
  };
  try {
    return await measure(
      { everyMs, idleCalls },
      () => ask(16, 1),
      () => ask(ITEM_BYTES, Math.ceil(bytes / ITEM_BYTES)),
    );
  } finally {
    await conn.close();
  }
}

/**
 * A small call sends one byte to a sink and gets the report: the channel for it is opened first, which makes it two
 * round trips.
 */
async function up({ url, bytes, everyMs, idleCalls }: StockArgs): Promise<LatencyResult> {
  const conn = await connect(`${url}/sink/postbag`, { send: Sink, limits: LIMITS });
  const give = async (lengthBytes: number): Promise<void> => {
    const [tx, rx] = mpsc.channel(t.bytes, { maxItemBytes: LIMITS.itemBytes });
    const [proceed, go] = oneshot.channel(t.unit);
    const [report, reported] = oneshot.channel(SinkReport);
    await conn.tx.send({ rx, go, report });
    await Promise.all([proceed.send(null), tx.send(new Uint8Array(lengthBytes))]);
    tx.close();
    const { bytes: came, error } = await reported.recv();
    if (Number(came) !== lengthBytes) throw new Error(`${came} of ${lengthBytes} bytes arrived: ${error}`);
  };
  try {
    return await measure(
      { everyMs, idleCalls },
      () => give(1),
      () => give(bytes),
    );
  } finally {
    await conn.close();
  }
}

async function measure(
  { everyMs, idleCalls }: { everyMs: number; idleCalls: number },
  call: () => Promise<void>,
  load: () => Promise<void>,
): Promise<LatencyResult> {
  const idleMs: number[] = [];
  for (let index = 0; index < idleCalls; index += 1) {
    const start = performance.now();
    await call();
    idleMs.push(performance.now() - start);
  }
  const start = performance.now();
  const loadedMs = await sampleUntil(load, call, everyMs);
  return { idleMs, loadedMs, uploadMs: performance.now() - start };
}
