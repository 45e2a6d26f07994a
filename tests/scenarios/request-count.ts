import { type Connection, CuttleError, type Infer, t } from "../../ts/index.ts";
import { type Ending, type Route, session, withLimits } from "./session.ts";
import { Ask, type CountReport } from "./types.ts";

type Report = Infer<typeof CountReport>;

/** Counts for the peer: to 5 at first, then to each number asked for. */
export async function requestCount(
  route: Route,
  { upTo }: { upTo: number[] },
): Promise<{ asked: number[]; reports: Report[]; ending: Ending }> {
  return await session(route, "request-count", { send: t.u32, receive: Ask }, async (conn) => {
    const asked = [await countForPeer(conn)];
    const reports = [await reportOf(conn)];
    for (const number of upTo) {
      await conn.tx.send(number);
      asked.push(await countForPeer(conn));
      reports.push(await reportOf(conn));
    }
    return { asked, reports };
  });
}

/** What came through a limit of the base channel. */
export interface LimitedReports {
  /** Size of the report to `large`, as the error says. */
  sizeBytes: number;
  code: string;
  /** Lengths of the reports behind the one that was skipped. */
  after: number[];
  ending: Ending;
}

/** The peer's report on `large` numbers exceeds `itemBytes`: it is skipped, and the next ones arrive. */
export async function limitedReports(
  route: Route,
  { itemBytes, large }: { itemBytes: number; large: number },
): Promise<LimitedReports> {
  return await session(
    withLimits(route, { itemBytes }),
    "request-count",
    { send: t.u32, receive: Ask },
    async (conn) => {
      await countForPeer(conn);
      await reportOf(conn);
      await conn.tx.send(large);
      await countForPeer(conn);
      const refused = await reportOf(conn).then(
        () => undefined,
        (error: unknown) => error,
      );
      const after: number[] = [];
      for (const number of [3, 0]) {
        await conn.tx.send(number);
        await countForPeer(conn);
        after.push((await reportOf(conn)).received.length);
      }
      const error = CuttleError.is(refused) ? refused : undefined;
      return { sizeBytes: Number(error?.data.sizeBytes ?? 0), code: error?.code ?? "none", after };
    },
  );
}

async function countForPeer(conn: Connection<number, Infer<typeof Ask>>): Promise<number> {
  const ask = await conn.rx.recv();
  if (ask === undefined || !("Count" in ask)) throw new Error("the peer did not ask for a count");
  const { up_to, seq_tx } = ask.Count;
  for (let number = 0; number < up_to; number++) await seq_tx.send(number);
  seq_tx.close();
  return up_to;
}

async function reportOf(conn: Connection<number, Infer<typeof Ask>>): Promise<Report> {
  const ask = await conn.rx.recv();
  if (ask === undefined || !("Report" in ask)) throw new Error("the peer did not report");
  return ask.Report;
}
