/**
 * What the page and its peers say to each other. The first four are the types that the Rust programs of
 * tests/interop/peers have under the same names; the last two put them all on one connection.
 */

import { type Infer, t } from "../ts/index.ts";

/** Asks for the numbers from 0 up to, but without, `up_to`; remoc's first example. */
export const CountReq = t.struct("CountReq", { up_to: t.u32, seq_tx: t.mpsc.sender(t.u32) });
export type CountReq = Infer<typeof CountReq>;

/** Counting ended early: `at` could not be sent any more. */
export const CountNote = t.enum("CountNote", { Stopped: t.struct({ at: t.u32, reason: t.str }) });
export type CountNote = Infer<typeof CountNote>;

/** What arrived in an upload; `sum` is the sum of all bytes. */
export const SinkReport = t.struct("SinkReport", {
  items: t.u64,
  bytes: t.u64,
  sum: t.u64,
  error: t.option(t.str),
});
export type SinkReport = Infer<typeof SinkReport>;

/** An upload: `rx` is read to its end once `go` has come, then reported. */
export const Sink = t.struct("Sink", {
  rx: t.mpsc.receiver(t.bytes),
  go: t.oneshot.receiver(t.unit),
  report: t.oneshot.sender(SinkReport),
});
export type Sink = Infer<typeof Sink>;

/** A download of `items` times `item_bytes` bytes. */
export const Source = t.struct("Source", { tx: t.mpsc.sender(t.bytes), item_bytes: t.u32, items: t.u32 });
export type Source = Infer<typeof Source>;

/** The smallest call there is: the value comes back. */
export const Echo = t.struct("Echo", { value: t.u32, reply: t.oneshot.sender(t.u32) });
export type Echo = Infer<typeof Echo>;

/** Everything that the Node server and the worker do, for one connection. */
export const Request = t.enum("Request", { Count: CountReq, Upload: Sink, Download: Source, Echo });
export type Request = Infer<typeof Request>;

/** Size of one item of a transfer. The multiplexer cuts it into chunks of its own. */
export const ITEM_BYTES: number = 64 * 1024;

const everyByteTwice = Uint8Array.from({ length: ITEM_BYTES + 256 }, (_, i) => i);

/** Item `k` of a transfer: byte `i` is the lowest byte of `i + k`. A view; do not write to it. */
export function item(k: number, itemBytes: number = ITEM_BYTES): Uint8Array {
  if (itemBytes > ITEM_BYTES) return Uint8Array.from({ length: itemBytes }, (_, i) => i + k);
  return everyByteTwice.subarray(k & 0xff, (k & 0xff) + itemBytes);
}

/** The sum of the bytes of `bytes`. */
export function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return sum;
}
