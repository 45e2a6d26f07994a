import { bin, broadcast, type Infer, oneshot, t } from "../../ts/index.ts";
import { type Ending, letGo, open, type Route } from "./session.ts";
import { Ask, BinAsk, BinLines, BroadcastAsk, type CountReport, CountReq, Heard } from "./types.ts";

/** Halves that one connection brought are used over another one: those of an mpsc and of two bin channels. */
export async function passedOn(
  route: Route,
): Promise<{ report: Infer<typeof CountReport>; lengths: (number | undefined)[]; endings: Ending[] }> {
  const asking = await open(route, "request-count", { send: t.u32, receive: Ask });
  const counter = await open(route, "count", { send: CountReq });
  const asked = await asking.rx.recv();
  if (asked === undefined || !("Count" in asked)) throw new Error("the peer did not ask for a count");
  await counter.tx.send(asked.Count);
  const reported = await asking.rx.recv();
  if (reported === undefined || !("Report" in reported)) throw new Error("the peer did not report");

  const offering = await open(route, "bin", { send: BinAsk, receive: BinLines });
  const echoing = await open(route, "bin", { send: BinAsk, receive: BinLines });
  await offering.tx.send({ Offer: { close_after: null } });
  const lines = await offering.rx.recv();
  if (lines === undefined) throw new Error("the peer offered nothing");
  const [tx, rx] = bin.channel();
  await echoing.tx.send({ Echo: { lines: { rx, tx: lines.tx }, close_after: null } });
  const lengths: (number | undefined)[] = [];
  for (const length of [0, 1, 100_000]) {
    await tx.send(new Uint8Array(length));
    lengths.push((await lines.rx.recv())?.length);
  }
  tx.close();
  lengths.push((await lines.rx.recv())?.length);

  const endings = [await letGo(asking), await letGo(counter), await letGo(offering), await letGo(echoing)];
  return { report: reported.Report, lengths, endings };
}

/** A peer feeds a broadcast over one connection; a subscriber with a limit of its own listens over another one. */
export async function fedBroadcast(
  route: Route,
): Promise<{ here: number[]; heard: Infer<typeof Heard>; endings: Ending[] }> {
  const [tx, rx] = broadcast.channel(t.u32, { sendBuffer: 10 });
  const counter = await open(route, "count", { send: CountReq });
  const listener = await open(route, "broadcast", { send: BroadcastAsk });
  const [report, heard] = oneshot.channel(Heard);
  await listener.tx.send({ Listen: { rx: tx.subscribe({ maxItemBytes: 100, sendBuffer: 10 }), report } });
  await counter.tx.send({ up_to: 10, seq_tx: tx.feeder() });
  const here: number[] = [];
  while (here.length < 10) here.push((await rx.recv()) ?? Number.NaN);
  tx.close();
  return { here, heard: await heard.recv(), endings: [await letGo(counter), await letGo(listener)] };
}
