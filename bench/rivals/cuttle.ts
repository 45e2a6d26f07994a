/** cuttle as channels: a call is a request with a oneshot channel for its answer. */

import { bin, type Connection, connect, type Infer, mpsc, oneshot, t } from "../../ts/index.ts";
import { LIMITS, Work } from "./cuttle-types.ts";
import { serveWork } from "./cuttle-work.ts";
import { BULK_BYTES, type Client, type Place, type Rival } from "./rival.ts";

/** What only cuttle is asked. */
export interface CuttleClient extends Client {
  /** As `bulkUp` over so many channels at once, `count` messages in all. */
  bulkUpOver(channels: number, count: number): Promise<void>;
  /** Keeps `busy` of `channels` channels full; the bytes that the server got over each busy one in `windowMs`. */
  shares(channels: number, busy: number, windowMs: number): Promise<number[]>;
}

export const cuttle = {
  name: "cuttle",
  level: "value",
  async connect(place: Place): Promise<CuttleClient> {
    return new ChannelClient(await connect(place, { send: Work, limits: LIMITS }));
  },
  answer(worker) {
    void connect(worker as Worker, { receive: Work, limits: LIMITS }).then((conn) => serveWork(conn));
  },
} satisfies Rival;

/** A message is counted when all of it has come: small ones, so that the count is nearly that of the bytes. */
const SHARE_BYTES = 16 * 1024;

/** The client of cuttle; `prepare` is called for each bulk message. */
export class ChannelClient implements CuttleClient {
  readonly #conn: Connection<Infer<typeof Work>>;
  readonly #prepare: Prepare;

  constructor(conn: Connection<Infer<typeof Work>>, prepare: Prepare = asItIs) {
    this.#conn = conn;
    this.#prepare = prepare;
  }

  async call(value: number): Promise<number> {
    const [reply, answer] = oneshot.channel(t.u32);
    await this.#conn.tx.send({ Call: { value, reply } });
    return await answer.recv();
  }

  async upload(bytes: Uint8Array): Promise<number> {
    const [tx, data] = mpsc.channel(t.bytes, { maxItemBytes: LIMITS.itemBytes });
    const [reply, answer] = oneshot.channel(t.u32);
    await this.#conn.tx.send({ Upload: { data, reply } });
    await tx.send(bytes);
    tx.close();
    return await answer.recv();
  }

  async push(count: number, channels: number): Promise<void> {
    const pairs = Array.from({ length: channels }, () => mpsc.channel(t.u32));
    const [done, all] = oneshot.channel(t.u32);
    await this.#conn.tx.send({ Push: { channels: pairs.map(([, rx]) => rx), done } });
    for (const [tx] of pairs) void sendNumbers(tx, count / channels);
    await all.recv();
  }

  async pull(count: number, channels: number): Promise<void> {
    const pairs = Array.from({ length: channels }, () => mpsc.channel(t.u32));
    await this.#conn.tx.send({ Pull: { channels: pairs.map(([tx]) => tx), count: count / channels } });
    await Promise.all(pairs.map(([, rx]) => readAll(rx)));
  }

  bulkUp(count: number): Promise<void> {
    return this.bulkUpOver(1, count);
  }

  async bulkUpOver(channels: number, count: number): Promise<void> {
    const pairs = Array.from({ length: channels }, () => bin.channel());
    const [done, all] = oneshot.channel(t.u32);
    await this.#conn.tx.send({ BulkUp: { channels: pairs.map(([, rx]) => rx), done } });
    for (const [tx] of pairs) void sendBulk(tx, count / channels, this.#prepare);
    await all.recv();
  }

  async bulkDown(count: number): Promise<void> {
    const [tx, rx] = bin.channel();
    await this.#conn.tx.send({ BulkDown: { channels: [tx], count } });
    await readAll(rx);
  }

  async shares(channels: number, busy: number, windowMs: number): Promise<number[]> {
    const pairs = Array.from({ length: channels }, () => bin.channel());
    const [shares, counted] = oneshot.channel(t.vec(t.u32));
    await this.#conn.tx.send({ Shares: { channels: pairs.map(([, rx]) => rx), busy, windowMs, shares } });
    let over = false;
    const sending = pairs.slice(0, busy).map(async ([tx]) => {
      while (!over) await tx.send(new Uint8Array(SHARE_BYTES));
    });
    const bytes = await counted.recv();
    over = true;
    await Promise.all(sending);
    for (const [tx] of pairs) tx.close();
    return bytes.slice(0, busy);
  }

  close(): Promise<void> {
    return this.#conn.close();
  }
}

/** Sends 0 to `count` - 1, each when there is room, and closes. */
export async function sendNumbers(tx: mpsc.Sender<number>, count: number): Promise<void> {
  for (let value = 0; value < count; value += 1) await tx.send(value);
  tx.close();
}

/** Makes of a message what is sent. */
export type Prepare = (bytes: Uint8Array) => Uint8Array;

/** Leaves a message as it is. */
export const asItIs: Prepare = (bytes) => bytes;

/** Sends `count` messages of 64 KiB and closes. */
export async function sendBulk(tx: bin.Sender, count: number, prepare: Prepare): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) await tx.send(prepare(new Uint8Array(BULK_BYTES)));
  tx.close();
}

/** Receives to the end; resolves with the number of values. */
export async function readAll(rx: { recv(): Promise<unknown> }): Promise<number> {
  let count = 0;
  while ((await rx.recv()) !== undefined) count += 1;
  return count;
}
