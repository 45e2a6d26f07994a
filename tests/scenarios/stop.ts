import { mpsc, oneshot, t } from "../../ts/index.ts";
import { type Ending, type Route, session } from "./session.ts";
import { Stop } from "./types.ts";

/** What a sender saw whose receiver stopped. */
export interface Stopped {
  /** Values whose `send` resolved. */
  sent: number;
  /** Values that the peer read. */
  read: number;
  inOrder: boolean;
  closedReason: string | undefined;
  /** What sending rejected with. */
  code: string;
  /** The reason in the error's data. */
  errorReason: unknown;
  ending: Ending;
}

/** Sends until the peer stops reading, by closing or by dropping its receiver. */
export async function stop(route: Route, { how, after }: { how: "Close" | "Drop"; after: number }): Promise<Stopped> {
  return await session(route, "stop", { send: Stop }, async (conn) => {
    const [tx, rx] = mpsc.channel(t.u32);
    const [reportSender, report] = oneshot.channel(t.vec(t.u32));
    await conn.tx.send({ rx, after, how, report: reportSender });
    const { sent, error } = await sendUntilRefused(tx);
    const closedReason = await tx.closed();
    tx.close();
    const read = await report.recv();
    const { code = "none", data } = error as { code?: string; data?: { reason?: unknown } };
    const inOrder = read.every((number, index) => number === index);
    return { sent, read: read.length, inOrder, closedReason, code, errorReason: data?.reason };
  });
}

/** More than the peer reads before it stops, and far less than its window: so much is under way then. */
const AHEAD = 500;

async function sendUntilRefused(tx: mpsc.Sender<number>): Promise<{ sent: number; error: unknown }> {
  for (let sent = 0; ; sent++) {
    if (sent === AHEAD) await tx.closed();
    try {
      await tx.send(sent);
    } catch (error) {
      return { sent, error };
    }
  }
}
