/** A peer that sends what no honest one does, to a side that exchanges plain objects. */

import { establish } from "../../../ts/connect/connect.ts";
import { provideObjectOver } from "../../../ts/connect/objects.ts";
import type { Port } from "../../../ts/mux/port.ts";
import { PlainWriter } from "../../../ts/plain/writer.ts";
import { GREETING, Kind } from "../../../ts/remote/protocol.ts";
import { memoryPair } from "../../../ts/transport/memory.ts";
import { wholeOf } from "../../../ts/util/pieces.ts";
import { VirtualClock } from "./clock.ts";

/** A side that provides `object`, and the bare ports of a peer that may send it anything. */
export async function hostile(object: object, limits = {}) {
  const below = memoryPair();
  const clock = new VirtualClock();
  const [provider, peer] = await Promise.all([
    provideObjectOver(below.a, object, { clock, limits }),
    establish(below.b, { clock }),
  ]);
  return { provider, peer, say: (...records: Uint8Array[]) => peer.outgoing.send(framed(records)) };
}

/** Records as the lane frames them. */
export function framed(records: readonly Uint8Array[]): Uint8Array {
  const bytes: number[] = [];
  for (const record of records) {
    const { length } = record;
    bytes.push(length & 255, (length >> 8) & 255, (length >> 16) & 255, length >>> 24, 0, 0, ...record);
  }
  return Uint8Array.from(bytes);
}

const nothingLive = { stacks: false, isByReference: () => false, write: () => false };

/** Values side by side; nested arrays are written as such. */
export function record(...values: unknown[]): Uint8Array {
  const writer = new PlainWriter(nothingLive, 1_000_000);
  for (const value of values) writer.any(value);
  return writer.take();
}

/** The first record of either side. */
export const greeting = record(GREETING);
/** A call of a member of an export. */
export const call = (id: number, target: number, path: string[], args: unknown[] = []) =>
  record(Kind.call, id, target, path, args);

/** All bytes that the port still gets, as text. */
export async function textOf(port: Port): Promise<string> {
  const message = await port.receive();
  return message?.kind === "bytes" ? new TextDecoder("latin1").decode(wholeOf(message.bytes)) : "";
}

/** What comes until it has `count` times what the global `pattern` says. The greeting may come along with answers. */
export async function textUntil(port: Port, pattern: RegExp, count = 1): Promise<string> {
  let text = "";
  while ((text.match(pattern)?.length ?? 0) < count) {
    const more = await textOf(port);
    if (more === "") throw new Error(`no more came than ${text}`);
    text += more;
  }
  return text;
}
