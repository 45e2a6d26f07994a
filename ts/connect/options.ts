import { DEFAULT_MAX_ITEM_BYTES } from "../channel/shapes.ts";
import type { Codec } from "../codec/codec.ts";
import type { Capability } from "../core/core.ts";
import type { FrameTap } from "../mux/trace.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import type { AbortOptions } from "../util/abort.ts";
import type { Clock } from "../util/clock.ts";

/** What a connection may use. Each is this side's own; the peer has its own. */
export interface Limits {
  /** Bytes of one encoded value, sent or received; default 16 MiB, as in remoc. */
  itemBytes?: number;
  /** Channels open at the same time; default 8192, as in remoc 0.20. */
  ports?: number;
  /**
   * Bytes under way towards this side on each channel that nobody has read, at first; default 64 KiB. Less keeps the
   * other side's small values prompt. It grows by itself where the path is long and what comes is read.
   */
  portWindowBytes?: number;
  /**
   * Bytes that the other side may make this one keep: values that nobody has read or that have not come whole. Default
   * 16 MiB, of servers 4 MiB for each connection. Beside it one value that the program waits for may be arriving. From
   * half of it on channels with unread values get no more, from three quarters on no new channel is accepted, and
   * beyond it the fullest receiver fails with `local_limit`.
   */
  bufferedBytes?: number;
  /**
   * Largest piece in which values are sent and received, 4 bytes to 256 KiB; default 16 KiB, and up to 64 KiB with another
   * end of cuttle where the link is fast; less than 16 KiB holds everywhere. Smaller pieces, less waiting for others. A
   * byte stream's `maxFrameBytes` must be at least three times this.
   */
  chunkBytes?: number;
  /** Calls of the other side on plain objects that may run at once or be referred to; default 16 384. */
  calls?: number;
}

/** How to connect, without the types of the first values. */
export interface LinkOptions extends AbortOptions {
  /**
   * How values become bytes; both sides must use the same, since nothing on the wire says which. Default `postbag`,
   * remoc's default since 0.18. The Rust side of `json` is the feature `default-codec-json`.
   */
  codec?: Codec;
  /** Give up when the connection is not established by then; default 10 000. */
  handshakeTimeoutMs?: number;
  /** Fail when nothing was heard for this long; default 60 000, and the peer is told. 0 for never. */
  timeoutMs?: number;
  limits?: Limits;
  /** Sees the frames of the connection from the first one on: a `Trace` of `cuttle/mux`. */
  trace?: FrameTap;
  /** Time, for tests. */
  clock?: Clock;
  /** Offsets port numbers, for tests; default random. */
  seed?: number;
  /** Features of remoc 0.20 that are announced, for tests; default all that cuttle has. None: the Hello of 0.18. */
  capabilities?: readonly Capability[];
}

/** How to connect. */
export interface ConnectOptions<Tx, Rx> extends LinkOptions {
  /** What `conn.tx` sends; default `t.unit`. */
  send?: Descriptor<Tx>;
  /** What `conn.rx` receives; default `t.unit`. */
  receive?: Descriptor<Rx>;
}

/** Limit for one encoded value. */
export function itemBytes(options: LinkOptions): number {
  return options.limits?.itemBytes ?? DEFAULT_MAX_ITEM_BYTES;
}
