import { bin, type Infer, oneshot, t } from "../../ts/index.ts";
import { itemOf, sumOf } from "./items.ts";
import { type Ending, type Route, session } from "./session.ts";

/** `chunks`: a message to be written in pieces of these lengths, byte `i` of it being `i`; and perhaps given up then. */
export const Scattered = t.struct("Scattered", { pieces: t.vec(t.u32), cancelled: t.bool });

/** `chunks`: a message that was read piece by piece. */
export const Gathered = t.struct("Gathered", { bytes: t.u64, sum: t.u64, cancelled: t.bool });

/** `chunks`, page to peer. */
export const ChunksAsk = t.enum("Ask", {
  Gather: t.struct({ rx: t.bin.receiver, report: t.oneshot.sender(t.vec(Gathered)) }),
  Scatter: t.struct({ tx: t.bin.sender, messages: t.vec(Scattered) }),
});

type Message = Infer<typeof Gathered>;

/**
 * What is written in both directions: one that is longer than a window, and at last one that is given up, because remoc
 * 0.18 loses what comes behind one when it reads piece by piece.
 */
export const MESSAGES: readonly Infer<typeof Scattered>[] = [
  { pieces: [1, 2, 3], cancelled: false },
  { pieces: [100_000, 1, 900_000], cancelled: false },
  { pieces: [5], cancelled: false },
  { pieces: [70_000], cancelled: true },
];

/** Messages written and read piece by piece, by us and by the peer. */
export async function binChunks(route: Route): Promise<{ told: Message[]; gathered: Message[]; ending: Ending }> {
  return await session(route, "chunks", { send: ChunksAsk }, async (conn) => {
    const [ours, theirs] = bin.channel();
    const [report, reported] = oneshot.channel(t.vec(Gathered));
    await conn.tx.send({ Gather: { rx: theirs, report } });
    await scatter(ours, MESSAGES);
    const told = await reported.recv();

    const [back, rx] = bin.channel();
    await conn.tx.send({ Scatter: { tx: back, messages: [...MESSAGES] } });
    return { told, gathered: await gather(rx) };
  });
}

/** Handles one request of `chunks`. */
export async function serveChunks(ask: Infer<typeof ChunksAsk>): Promise<void> {
  if ("Gather" in ask) await ask.Gather.report.send(await gather(ask.Gather.rx));
  else await scatter(ask.Scatter.tx, ask.Scatter.messages);
}

async function scatter(tx: bin.Sender, messages: readonly Infer<typeof Scattered>[]): Promise<void> {
  for (const { pieces, cancelled } of messages) {
    const writer = tx.startMessage();
    let at = 0;
    for (const length of pieces) {
      await writer.send(itemOf(at, length));
      at += length;
    }
    if (cancelled) writer.cancel();
    else await writer.end();
  }
  tx.close();
}

async function gather(rx: bin.Receiver): Promise<Message[]> {
  const messages: Message[] = [];
  let current = { bytes: 0n, sum: 0n, cancelled: true };
  for (let piece = await rx.recvPiece(); piece !== undefined; piece = await rx.recvPiece()) {
    if (piece.first) {
      current = { bytes: 0n, sum: 0n, cancelled: true };
      messages.push(current);
    }
    current.bytes += BigInt(piece.bytes.length);
    current.sum += BigInt(sumOf(piece.bytes));
    current.cancelled = !piece.last;
  }
  return messages;
}
