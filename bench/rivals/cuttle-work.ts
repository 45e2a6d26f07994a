/** The server's side of what cuttle-types.ts describes, in a worker or in Node. */

import type { Connection, Infer } from "../../ts/index.ts";
import { asItIs, type Prepare, readAll, sendBulk, sendNumbers } from "./cuttle.ts";
import type { Work as WorkType } from "./cuttle-types.ts";

type Work = Infer<typeof WorkType>;

/** Serves until the client has ended; requests run beside each other. `prepare` is called for each bulk message. */
export async function serveWork(conn: Connection<null, Work>, prepare: Prepare = asItIs): Promise<void> {
  try {
    for await (const work of conn.rx) void serve(work, prepare).catch(reportUnlessClosed);
  } catch (error) {
    reportUnlessClosed(error);
  }
}

async function serve(work: Work, prepare: Prepare): Promise<void> {
  if ("Call" in work) await work.Call.reply.send(work.Call.value);
  else if ("Upload" in work) await work.Upload.reply.send((await work.Upload.data.recv())?.length ?? 0);
  else if ("Push" in work) await work.Push.done.send(await readEach(work.Push.channels));
  else if ("Pull" in work) for (const tx of work.Pull.channels) void sendNumbers(tx, work.Pull.count);
  else if ("BulkUp" in work) await work.BulkUp.done.send(await readEach(work.BulkUp.channels));
  else if ("BulkDown" in work) for (const tx of work.BulkDown.channels) void sendBulk(tx, work.BulkDown.count, prepare);
  else await countShares(work.Shares);
}

async function readEach(channels: readonly { recv(): Promise<unknown> }[]): Promise<number> {
  const counts = await Promise.all(channels.map(readAll));
  return counts.reduce((sum, count) => sum + count, 0);
}

type Shares = Extract<Work, { Shares: unknown }>["Shares"];

/** Counting starts when every busy channel has brought something, so that no share is small for having begun late. */
async function countShares({ channels, busy, windowMs, shares }: Shares): Promise<void> {
  const bytes = channels.map(() => 0);
  let waitingFor = busy;
  let begin = (): void => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const reading = channels.map(async (channel, index) => {
    let isFirst = true;
    for await (const message of channel) {
      bytes[index] = (bytes[index] ?? 0) + message.length;
      if (isFirst) waitingFor -= 1;
      isFirst = false;
      if (waitingFor === 0) begin();
    }
  });
  await begun;
  const before = [...bytes];
  await new Promise((resolve) => setTimeout(resolve, windowMs));
  await shares.send(bytes.map((total, index) => total - (before[index] ?? 0)));
  await Promise.all(reading);
}

/** A client that goes away is no news. */
function reportUnlessClosed(error: unknown): void {
  const code = (error as { code?: string }).code ?? "";
  if (!["remote_connection_closed", "remote_closed", "transport_lost", "local_closed"].includes(code)) {
    console.error(error);
  }
}
