import { bin, lr, t } from "../../ts/index.ts";
import { differences } from "./differences.ts";
import { itemOf } from "./items.ts";
import { type Ending, type Route, session } from "./session.ts";
import { BinAsk, BinLines, LrAsk, LrLines } from "./types.ts";

/** What the receiving halves of bin and lr have in common. */
export interface Reads<T> extends AsyncIterable<T> {
  recv(): Promise<T | undefined>;
  close(): void;
  drop(): void;
}

/** What the sending halves of bin and lr have in common. */
export interface Writes<T> {
  send(value: T): Promise<void>;
  close(): void;
  closed(): Promise<string>;
}

/** Halves for whoever has them: it reads `rx` and writes `tx`. */
export interface Lines<T> {
  rx: Reads<T>;
  tx: Writes<T>;
}

/** How an echo goes. */
export interface EchoArgs {
  /** The peer makes the channels, and sends us halves. */
  offered: boolean;
  /** The peer closes its receiver after so many messages. */
  closeAfter?: number;
  /** We close or drop our receiver after the first message. */
  leave?: "close" | "drop";
}

/** What came of an echo. */
export interface Echoed {
  /** Values that came back. */
  count: number;
  /** Where they are not what was sent. */
  differences: string[];
  /** Why our sender was closed, when it was not by us. */
  reason: string | undefined;
  ending: Ending;
}

const LENGTHS = [0, 1, 100_000, 0, 16_384, 1_000_000, 3];

/** Byte messages, empty and large ones, and back. */
export async function binEcho(route: Route, args: EchoArgs): Promise<Echoed> {
  const close_after = args.closeAfter ?? null;
  return await session(route, "bin", { send: BinAsk, receive: BinLines }, async (conn) => {
    const lines = async (): Promise<Lines<Uint8Array>> => {
      if (args.offered) {
        await conn.tx.send({ Offer: { close_after } });
        return offered(await conn.rx.recv());
      }
      const [tx, theirRx] = bin.channel();
      const [theirTx, rx] = bin.channel();
      await conn.tx.send({ Echo: { lines: { rx: theirRx, tx: theirTx }, close_after } });
      return { rx, tx };
    };
    return await exchange(
      await lines(),
      LENGTHS.map((length, k) => itemOf(k, length)),
      args,
    );
  });
}

/** Texts, and back. */
export async function lrEcho(route: Route, args: EchoArgs): Promise<Echoed> {
  const close_after = args.closeAfter ?? null;
  return await session(route, "lr", { send: LrAsk, receive: LrLines }, async (conn) => {
    const lines = async (): Promise<Lines<string>> => {
      if (args.offered) {
        await conn.tx.send({ Offer: { close_after } });
        return offered(await conn.rx.recv());
      }
      const [tx, theirRx] = lr.channel(t.str);
      const [theirTx, rx] = lr.channel(t.str);
      await conn.tx.send({ Echo: { lines: { rx: theirRx, tx: theirTx }, close_after } });
      return { rx, tx };
    };
    return await exchange(
      await lines(),
      LENGTHS.map((length) => "ä".repeat(length)),
      args,
    );
  });
}

function offered<T>(lines: T | undefined): T {
  if (lines === undefined) throw new Error("the peer offered nothing");
  return lines;
}

async function exchange<T>(
  { rx, tx }: Lines<T>,
  values: readonly T[],
  { closeAfter, leave }: EchoArgs,
): Promise<Omit<Echoed, "ending">> {
  const got: T[] = [];
  let reason: string | undefined;
  const inTurn = closeAfter ?? (leave === undefined ? 0 : 1);
  for (const value of values.slice(0, inTurn)) {
    const sending = tx.send(value);
    got.push((await rx.recv()) as T);
    await sending;
  }
  if (leave !== undefined) {
    rx[leave]();
    // Only when it sends does the peer hear of that.
    await tx.send(values[1] as T);
  }
  if (inTurn > 0) reason = await tx.closed();
  const sending = inTurn > 0 ? undefined : sendAll(tx, values);
  if (inTurn > 0) tx.close();
  if (leave !== "drop") for await (const value of rx) got.push(value);
  await sending;
  const wrong = got.flatMap((value, at) => differences(values[at], value, `value ${at}`));
  return { count: got.length, differences: wrong, reason };
}

async function sendAll<T>(tx: Writes<T>, values: readonly T[]): Promise<void> {
  for (const value of values) await tx.send(value);
  tx.close();
}
