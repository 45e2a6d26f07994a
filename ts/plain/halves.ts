import * as bin from "../channel/bin.ts";
import * as broadcast from "../channel/broadcast.ts";
import type { Embedding, Receiving } from "../channel/half.ts";
import * as io from "../channel/io.ts";
import * as lr from "../channel/lr.ts";
import * as mpsc from "../channel/mpsc.ts";
import * as oneshot from "../channel/oneshot.ts";
import * as watch from "../channel/watch.ts";
import { CuttleError } from "../errors/error.ts";
import type { Descriptor, TransportedDescriptor } from "../schema/descriptor.ts";
import { unit } from "../schema/scalars.ts";

/** Stands where a descriptor is needed: plain values describe themselves. */
export const anything: Descriptor<unknown> = unit;

/** A class of halves, its descriptor, and whether a value from a peer can be its shape. */
type Kind = readonly [
  of: abstract new (...args: never[]) => object,
  type: Descriptor,
  isShape?: (shape: unknown) => boolean,
];

/** The kinds of halves by their number on the wire. */
const kinds: readonly Kind[] = [
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
  [io.Sender, io.sender, isIoSender],
  [io.Receiver, io.receiver, isIoReceiver],
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
  const [, type, isShape = isUsualShape] = kinds[number] ?? [];
  if (type === undefined || !isShape(shape)) {
    throw new CuttleError("peer_decode", "the other side sent a channel half that is none");
  }
  return receiving.receive(type as TransportedDescriptor, shape);
}

/** Whether what the shapes of other kinds have in common is what it must be. */
function isUsualShape(shape: unknown): boolean {
  if (typeof shape !== "object" || shape === null) return false;
  const { rx, port, max_item_size: size } = shape as Record<string, unknown>;
  if (rx !== undefined) return port === undefined && isUsualShape(rx);
  const hasPort = port === null || (typeof port === "number" && Number.isInteger(port) && port >= 0 && port < 2 ** 32);
  return hasPort && (size === undefined || isU64(size));
}

/** The halves in it were read before. */
function isIoSender(shape: unknown): boolean {
  const { bin_sender, size_mode, bytes_written } = partsOf(shape);
  const [mode, size] = variantOf(size_mode);
  const hasMode = mode === "Known" ? isU64(size) : mode === "Unknown" && size instanceof oneshot.Sender;
  return (bin_sender === null || bin_sender instanceof bin.Sender) && hasMode && isU64(bytes_written);
}

/** The halves in it were read before. */
function isIoReceiver(shape: unknown): boolean {
  const { bin_receiver, size: info } = partsOf(shape);
  const [known, size] = variantOf(info);
  const hasSize = known === "Determined" ? isU64(size) : known === "Undetermined" && size instanceof oneshot.Receiver;
  return bin_receiver instanceof bin.Receiver && hasSize;
}

/** The name and the payload of what must be one variant. */
function variantOf(value: unknown): [name: string, payload: unknown] {
  const [variant, ...others] = Object.entries(partsOf(value));
  return variant === undefined || others.length > 0 ? ["", undefined] : variant;
}

function partsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function isU64(value: unknown): boolean {
  return typeof value === "bigint" && value >= 0n && value < 1n << 64n;
}
