import * as bin from "../channel/bin.ts";
import * as broadcast from "../channel/broadcast.ts";
import type { Embedding, Receiving } from "../channel/half.ts";
import * as lr from "../channel/lr.ts";
import * as mpsc from "../channel/mpsc.ts";
import * as oneshot from "../channel/oneshot.ts";
import * as watch from "../channel/watch.ts";
import { CuttleError } from "../errors/error.ts";
import type { Descriptor, TransportedDescriptor } from "../schema/descriptor.ts";
import { unit } from "../schema/scalars.ts";

/** Stands where a descriptor is needed: plain values describe themselves. */
export const anything: Descriptor<unknown> = unit;

/** The kinds of halves by their number on the wire. */
const kinds: readonly (readonly [abstract new (...args: never[]) => object, Descriptor])[] = [
  [mpsc.Sender, mpsc.sender(anything)],
  [mpsc.Receiver, mpsc.receiver(anything)],
  [oneshot.Sender, oneshot.sender(anything)],
  [oneshot.Receiver, oneshot.receiver(anything)],
  [watch.Sender, watch.sender(anything)],
  [watch.Receiver, watch.receiver(anything)],
  [broadcast.Receiver, broadcast.receiver(anything)],
  [lr.Sender, lr.sender(anything)],
  [lr.Receiver, lr.receiver(anything)],
  [bin.Sender, bin.sender],
  [bin.Receiver, bin.receiver],
];

/** Whether a value is a half of a channel that can be sent. */
export function isHalf(value: object): boolean {
  return kinds.some(([of]) => value instanceof of);
}

/** The wire shape of a half that is sent away; undefined when `value` is none. Throws when it cannot be sent. */
export function embedHalf(value: object, embedding: Embedding): { number: number; shape: unknown } | undefined {
  const number = kinds.findIndex(([of]) => value instanceof of);
  const type = kinds[number]?.[1];
  if (type === undefined) return undefined;
  return { number, shape: embedding.transport(type as TransportedDescriptor, value) };
}

/** The half of a wire shape. Throws `peer_decode` when there is no such half. */
export function receiveHalf(number: number, shape: unknown, receiving: Receiving): unknown {
  const type = kinds[number]?.[1];
  if (type === undefined || !isShape(shape)) {
    throw new CuttleError("peer_decode", "the other side sent a channel half that is none");
  }
  return receiving.receive(type as TransportedDescriptor, shape);
}

/** Whether what all shapes have in common is what it must be. */
function isShape(shape: unknown): boolean {
  if (typeof shape !== "object" || shape === null) return false;
  const { rx, port, max_item_size: size } = shape as Record<string, unknown>;
  if (rx !== undefined) return port === undefined && isShape(rx);
  const hasPort = port === null || (typeof port === "number" && Number.isInteger(port) && port >= 0 && port < 2 ** 32);
  return hasPort && (size === undefined || (typeof size === "bigint" && size >= 0n && size < 1n << 64n));
}
