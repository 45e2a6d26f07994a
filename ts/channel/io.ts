/**
 * Streams of bytes whose end is checked; remoc's `rch::io`, since 0.20. On the wire a bin channel, and a oneshot channel
 * for the size when it is not known from the start. Useful without any connection; either half can be put into a value
 * and sent.
 */

import { CuttleError } from "../errors/error.ts";
import type { Priority } from "../mux/priority.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { numberedEnum, numberedStruct } from "../schema/numbered.ts";
import { transported } from "../schema/transported.ts";
import * as bin from "./bin.ts";
import { assertHalf, type HalfCodec } from "./half.ts";
import { Receiver, type SizeInfo } from "./io-receiver.ts";
import { Sender, type SizeMode } from "./io-sender.ts";
import * as oneshot from "./oneshot.ts";

export type { ReadAllOptions } from "./io-receiver.ts";
export { Receiver, Sender };

/** Options of {@link channel} and {@link sized}. */
export interface IoOptions extends Priority {
  /** Pieces of up to 64 KiB that wait for a receiver in this program while the sender goes on; default 16. */
  capacity?: number;
}

/** Makes a channel for bytes of which it is not known how many there will be. */
export function channel(options: IoOptions = {}): [Sender, Receiver] {
  const [tx, rx] = bin.channel(options);
  const [sizeTx, sizeRx] = oneshot.channel<bigint>(t.u64 as Descriptor<bigint>);
  return [new Sender(tx, { Unknown: sizeTx }), new Receiver(rx, { Undetermined: sizeRx })];
}

/** Makes a channel for exactly `size` bytes, which the receiver knows from the start. */
export function sized(size: number, options: IoOptions = {}): [Sender, Receiver] {
  if (!(Number.isSafeInteger(size) && size >= 0)) {
    throw new CuttleError("local_misuse", `the size of an io channel must be a whole number of bytes, got ${size}`);
  }
  const [tx, rx] = bin.channel(options);
  const bytes = BigInt(size);
  return [new Sender(tx, { Known: bytes }), new Receiver(rx, { Determined: bytes })];
}

/** `rch::io::Sender`; without a bin half it was shut down before. */
const senderShape = /* @__PURE__ */ numberedStruct("io::Sender", {
  bin_sender: /* @__PURE__ */ t.option(bin.sender),
  size_mode: /* @__PURE__ */ numberedEnum("SizeMode", {
    Known: t.u64,
    Unknown: /* @__PURE__ */ oneshot.sender(t.u64 as Descriptor<bigint>),
  }) as Descriptor<SizeMode>,
  bytes_written: /* @__PURE__ */ t.withDefault(t.u64, 0n),
});

/** `rch::io::Receiver`. */
const receiverShape = /* @__PURE__ */ numberedStruct("io::Receiver", {
  bin_receiver: bin.receiver,
  size: /* @__PURE__ */ numberedEnum("SizeInfo", {
    Determined: t.u64,
    Undetermined: /* @__PURE__ */ oneshot.receiver(t.u64 as Descriptor<bigint>),
  }) as Descriptor<SizeInfo>,
});

/** Describes sending halves. Whoever receives one sends to the program it came from. */
export const sender: Descriptor<Sender> = /* @__PURE__ */ transported<Sender>({
  name: "io.sender",
  shape: senderShape,
  options: {
    embed: (half) => assertHalf(half, Sender, "io.sender").parts,
    receive: (plain) => new Sender(plain.bin_sender ?? undefined, plain.size_mode, Number(plain.bytes_written)),
  } satisfies HalfCodec<typeof senderShape>,
});

/** Describes receiving halves. */
export const receiver: Descriptor<Receiver> = /* @__PURE__ */ transported<Receiver>({
  name: "io.receiver",
  shape: receiverShape,
  options: {
    embed: (half) => assertHalf(half, Receiver, "io.receiver").parts,
    receive: (plain) => new Receiver(plain.bin_receiver, plain.size),
  } satisfies HalfCodec<typeof receiverShape>,
});
