/** The other side of the page: the same code runs in the worker and in Node. */

import { type Connection, CuttleError } from "../ts/index.ts";
import {
  type CountNote,
  type CountReq,
  type Echo,
  item,
  type Request,
  type Sink,
  type Source,
  sumOf,
} from "./contract.ts";

/** Answers every request at once with the others. Resolves when the page has ended, rejects when it was lost. */
export async function answerRequests(conn: Connection<CountNote, Request>): Promise<void> {
  for await (const request of conn.rx) {
    answer(conn, request).catch((error: unknown) => {
      if (!isExpected(error)) console.error("a request failed:", error);
    });
  }
}

/** As {@link answerRequests}, for pages that only want numbers. */
export async function answerCounts(conn: Connection<null, CountReq>): Promise<void> {
  for await (const request of conn.rx) void count(request);
}

async function answer(conn: Connection<CountNote, Request>, request: Request): Promise<void> {
  if ("Count" in request) {
    const note = await count(request.Count);
    if (note !== undefined) await conn.tx.send(note);
  } else if ("Upload" in request) await drain(request.Upload);
  else if ("Download" in request) await pour(request.Download);
  else await echo(request.Echo);
}

/** Counts as fast as the receiver takes it: `send` waits while the page is busy. */
async function count({ up_to, seq_tx }: CountReq): Promise<CountNote | undefined> {
  let at = 0;
  try {
    for (; at < up_to; at++) await seq_tx.send(at);
    return undefined;
  } catch {
    return { Stopped: { at, reason: seq_tx.closedReason ?? "failed" } };
  } finally {
    seq_tx.close();
  }
}

async function drain({ rx, go, report }: Sink): Promise<void> {
  await go.recv();
  let items = 0;
  let bytes = 0;
  let sum = 0;
  for await (const received of rx) {
    items += 1;
    bytes += received.length;
    sum += sumOf(received);
  }
  await report.send({ items: BigInt(items), bytes: BigInt(bytes), sum: BigInt(sum), error: null });
}

async function pour({ tx, item_bytes, items }: Source): Promise<void> {
  try {
    for (let k = 0; k < items; k++) await tx.send(item(k, item_bytes));
  } finally {
    tx.close();
  }
}

async function echo({ value, reply }: Echo): Promise<void> {
  await reply.send(value);
}

/** The page cancelled, or is gone. */
function isExpected(error: unknown): boolean {
  return CuttleError.is(error, "remote_closed", "remote_connection_closed", "transport_lost", "local_closed");
}
