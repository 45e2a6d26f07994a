import { type Connection, type Infer, mpsc, oneshot, t } from "../../ts/index.ts";
import { differences } from "./differences.ts";
import { itemOf, sumOf } from "./items.ts";
import { type Ending, type Route, session } from "./session.ts";
import { Sink, SinkReport, Source } from "./types.ts";

/** Sizes of a transfer. */
export interface Bulk {
  items: number;
  itemBytes: number;
}

/** What came of an upload. */
export interface Upload {
  /** Items whose `send` had resolved when nothing moved any more and the peer had not read one. */
  acceptedBeforeGo: number;
  /** Round trips of another channel on the same connection meanwhile. */
  roundTrips: number;
  peerWindowBytes: number;
  /** What the peer says it received, as numbers. */
  report: { items: number; bytes: number; sum: number; error: string | null };
  expectedSum: number;
  ending: Ending;
}

/**
 * Uploads into a peer that does not read before it is told to. That nothing moves any more is known without a clock:
 * by round trips on another channel of the connection during which no `send` resolved.
 */
export async function sink(route: Route, { items, itemBytes }: Bulk): Promise<Upload> {
  return await session(route, "sink", { send: Sink }, async (conn) => {
    const { tx, go, report } = await openSink(conn);
    let accepted = 0;
    let expectedSum = 0;
    const upload = async (): Promise<void> => {
      for (let k = 0; k < items; k++) {
        const item = itemOf(k, itemBytes);
        expectedSum += sumOf(item);
        await tx.send(item);
        accepted += 1;
      }
      tx.close();
    };
    const uploaded = upload();
    const roundTrips = await untilStill(conn, () => accepted);
    const acceptedBeforeGo = accepted;
    await go.send(null);
    await uploaded;
    const { items: count, bytes, sum, error } = await report.recv();
    return {
      acceptedBeforeGo,
      roundTrips,
      peerWindowBytes: conn.peer.portWindowBytes,
      report: { items: Number(count), bytes: Number(bytes), sum: Number(sum), error },
      expectedSum,
    };
  });
}

/** What came of a limit that the sender's channel has. */
export interface LimitedUpload {
  errors: string[];
  report: { items: number; bytes: number };
  ending: Ending;
}

/** Uploads items of some sizes over a channel with a limit; those that are too large fail, the others arrive. */
export async function limitedUpload(
  route: Route,
  { maxItemBytes, sizes }: { maxItemBytes: number; sizes: number[] },
): Promise<LimitedUpload> {
  return await session(route, "sink", { send: Sink }, async (conn) => {
    const { tx, go, report } = await openSink(conn, maxItemBytes);
    const errors: string[] = [];
    for (const size of sizes) {
      const code = await tx.send(itemOf(0, size)).then(
        () => "sent",
        (error: { code?: string }) => error.code ?? String(error),
      );
      errors.push(code);
    }
    tx.close();
    await go.send(null);
    const { items, bytes } = await report.recv();
    return { errors, report: { items: Number(items), bytes: Number(bytes) } };
  });
}

/** Downloads, and compares every byte. `differences` is empty when all came in order. */
export async function source(
  route: Route,
  { items, itemBytes }: Bulk,
): Promise<{ items: number; differences: string[]; ending: Ending }> {
  return await session(route, "source", { send: Source }, async (conn) => {
    const [tx, rx] = mpsc.channel(t.bytes);
    await conn.tx.send({ tx, item_bytes: itemBytes, items });
    const found: string[] = [];
    let count = 0;
    for await (const item of rx) {
      if (found.length === 0) found.push(...differences(itemOf(count, itemBytes), item, `item ${count}`).slice(0, 3));
      count += 1;
    }
    return { items: count, differences: found };
  });
}

type SinkConnection = Connection<Infer<typeof Sink>, null>;

/** Asks for an upload. */
export async function openSink(conn: SinkConnection, maxItemBytes?: number) {
  const [tx, rx] = mpsc.channel(t.bytes, maxItemBytes === undefined ? {} : { maxItemBytes });
  const [go, goReceiver] = oneshot.channel(t.unit);
  const [reportSender, report] = oneshot.channel(SinkReport);
  await conn.tx.send({ rx, go: goReceiver, report: reportSender });
  return { tx, go, report };
}

/** Round trips that must change nothing before it counts as still. */
const STILL_ROUND_TRIPS = 5;

async function untilStill(conn: SinkConnection, progress: () => number): Promise<number> {
  let still = 0;
  let roundTrips = 0;
  while (still < STILL_ROUND_TRIPS) {
    const before = progress();
    const canary = await openSink(conn);
    await canary.tx.send(itemOf(0, 1));
    canary.tx.close();
    await canary.go.send(null);
    await canary.report.recv();
    roundTrips += 1;
    still = progress() === before ? still + 1 : 0;
  }
  return roundTrips;
}
