import { CuttleError, type Infer, mpsc, t } from "../../ts/index.ts";
import { differences } from "./differences.ts";
import { itemOf } from "./items.ts";
import { type Ending, type Route, session } from "./session.ts";

/** `lanes`, halves for whoever gets them: it reads `rx` and writes `tx`. */
export const Lanes = t.struct("Lanes", { rx: t.mpsc.receiver(t.bytes), tx: t.mpsc.sender(t.bytes) });

/** `lanes`, page to peer. */
export const LanesAsk = t.enum("Ask", {
  Echo: t.struct({ lanes: Lanes, close_after: t.option(t.u32) }),
  Offer: t.struct({ parallel: t.u32, close_after: t.option(t.u32) }),
});

/** How an echo goes. */
export interface LaneArgs {
  /** The peer makes the channels, and sends us halves. */
  offered: boolean;
  /** Ports of a half beside its own. */
  parallel: number;
  /** The peer closes its receiver after so many items. */
  closeAfter?: number;
}

const ITEMS = 100;

/** Items over several ports, and back. */
export async function lanesEcho(
  route: Route,
  { offered, parallel, closeAfter }: LaneArgs,
): Promise<{ count: number; differences: string[]; reason: string | undefined; ports: number; ending: Ending }> {
  const close_after = closeAfter ?? null;
  return await session(route, "lanes", { send: LanesAsk, receive: Lanes }, async (conn) => {
    const before = conn.stats().ports;
    const halves = async (): Promise<Infer<typeof Lanes>> => {
      if (offered) {
        await conn.tx.send({ Offer: { parallel, close_after } });
        const got = await conn.rx.recv();
        if (got === undefined) throw new Error("the peer offered nothing");
        return got;
      }
      const [theirs, ours] = crossed(parallel);
      await conn.tx.send({ Echo: { lanes: theirs, close_after } });
      return ours;
    };
    const { rx, tx } = await halves();
    const ports = conn.stats().ports - before;
    const sending = sendItems(tx, closeAfter === undefined ? ITEMS : Number.POSITIVE_INFINITY);
    const wrong: string[] = [];
    let count = 0;
    for await (const back of rx) {
      wrong.push(...differences(laneItem(count), back, `item ${count}`));
      count += 1;
    }
    return { count, differences: wrong, reason: await sending, ports };
  });
}

/** Handles one request of `lanes`. */
export async function serveLanes(
  ask: Infer<typeof LanesAsk>,
  offer: (lanes: Infer<typeof Lanes>) => Promise<void>,
): Promise<void> {
  if ("Echo" in ask) return await echo(ask.Echo.lanes, ask.Echo.close_after);
  const [page, ours] = crossed(ask.Offer.parallel);
  await offer(page);
  await echo(ours, ask.Offer.close_after);
}

async function echo({ rx, tx }: Infer<typeof Lanes>, closeAfter: number | null): Promise<void> {
  let count = 0;
  for await (const item of rx) {
    await tx.send(item);
    count += 1;
    if (count === closeAfter) rx.close();
  }
  tx.close();
}

function crossed(parallel: number): [Infer<typeof Lanes>, Infer<typeof Lanes>] {
  const [[thereTx, thereRx], [backTx, backRx]] = [
    mpsc.channel(t.bytes, { parallel }),
    mpsc.channel(t.bytes, { parallel }),
  ];
  return [
    { rx: thereRx, tx: backTx },
    { rx: backRx, tx: thereTx },
  ];
}

/** Of a length that has the shorter ones overtake the longer ones unless they wait their turn. */
function laneItem(k: number): Uint8Array {
  return itemOf(k, (k * 7_919) % 5_000);
}

/** Why the receiver took no more, if it did not take all. */
async function sendItems(tx: mpsc.Sender<Uint8Array>, count: number): Promise<string | undefined> {
  try {
    for (let k = 0; k < count; k += 1) await tx.send(laneItem(k));
    return undefined;
  } catch (error) {
    if (!CuttleError.is(error, "remote_closed")) throw error;
    return tx.closedReason;
  } finally {
    tx.close();
  }
}
