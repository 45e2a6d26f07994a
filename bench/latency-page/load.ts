import { bin, connect, mpsc, type Target, t } from "../../ts/index.ts";

/** What the sending side opens: an upload without end, and small messages that come back. */
export const Load = t.struct({
  bulk: t.bin.receiver,
  ping: t.mpsc.receiver(t.u32),
  pong: t.mpsc.sender(t.u32),
});

/** Round trips in ms, sorted, and bytes of bulk that the connection took per second. */
export interface Result {
  readonly trips: readonly number[];
  readonly bytesPerSecond: number;
}

const WARM_UP_MS = 1_000;
const MESSAGE_BYTES = 1 << 20;

/** Round trips of a small message every `everyMs` for `forMs` on a connection that uploads meanwhile, unless `idle`. */
export async function measure(
  target: Target,
  { idle, everyMs, forMs }: { idle: boolean; everyMs: number; forMs: number },
): Promise<Result> {
  await using conn = await connect(target, { send: Load });
  const [bulkTx, bulk] = bin.channel();
  const [pingTx, ping] = mpsc.channel(t.u32);
  const [pong, pongRx] = mpsc.channel(t.u32);
  await conn.tx.send({ bulk, ping, pong });
  let over = false;
  const upload = async (): Promise<void> => {
    const message = new Uint8Array(MESSAGE_BYTES).fill(7);
    while (!over && !idle) await bulkTx.send(message);
  };
  const uploading = upload().catch(() => undefined);
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  await pause(WARM_UP_MS);
  const start = performance.now();
  const sentBefore = conn.stats().bytesSent;
  const trips: number[] = [];
  for (let index = 0; performance.now() - start < forMs; index += 1) {
    const at = performance.now();
    await pingTx.send(index);
    await pongRx.recv();
    trips.push(performance.now() - at);
    await pause(everyMs - ((performance.now() - at) % everyMs));
  }
  const bytesPerSecond = ((conn.stats().bytesSent - sentBefore) / (performance.now() - start)) * 1000;
  over = true;
  bulkTx.close();
  void uploading;
  return { trips: trips.sort((a, b) => a - b), bytesPerSecond };
}
