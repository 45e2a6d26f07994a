/**
 * What the driver needs of a carrier: reliable, ordered, message-oriented, ending visibly.
 * Nothing in this room knows about ports, codecs or wasm; a transport moves frames.
 */

import type { CuttleError } from "../errors/error.ts";
import type { Given } from "./given.ts";

/** How a transport ended without a failure of its own. */
export interface TransportEnd {
  /** What the carrier says, for instance `"WebSocket closed with code 1006"`. */
  reason: string;
}

/**
 * Where a transport delivers what happens. Every method returns without throwing and without awaiting;
 * after {@link TransportSink.ended} or {@link TransportSink.failed} nothing more is called.
 */
export interface TransportSink {
  /**
   * One frame arrived. The sink owns `frame` from now on. It may be a view into a larger buffer that nobody
   * will write to again. `attached` is what was given beside it; see {@link Transport.give}.
   */
  frame(frame: Uint8Array, attached?: readonly Uint8Array[]): void;
  /** Runs `deliver`, which delivers frames that came together: what they say is looked at behind the last one. */
  together?(deliver: () => void): void;
  /** The other side received `lenBytes` more, the last of them `delayMs` before it said so; see {@link Transport.ack}. */
  acked?(lenBytes: number, delayMs: number): void;
  /** {@link Transport.capacity} was 0 or less when last read and is positive again. */
  writable(): void;
  /** The carrier ended. Frames delivered before still count. */
  ended(end: TransportEnd): void;
  /** The carrier failed, or delivered something that is not a frame. */
  failed(error: CuttleError): void;
}

/** One carrier, used by one connection. */
export interface Transport {
  /** For messages and statistics: `"websocket"`, `"message-port"`, `"stream"`, `"memory"`. */
  readonly kind: string;
  /**
   * Each frame costs this carrier a message that is dear compared with its bytes, so frames to another cuttle endpoint
   * are gathered (see `batching.ts`). Left out: no.
   */
  readonly gathers?: boolean;
  /** The carrier itself bounds what is under way, by acknowledgements of its own. Left out: no. */
  readonly bounded?: boolean;
  /** The peer need not be asked what arrived, where it does not acknowledge. Left out: it is asked. */
  readonly unasked?: boolean;
  /** {@link Transport.send} has copied the frame when it returns, so its memory may be used again at once. Left out: no. */
  readonly copies?: boolean;
  /** Buffers can be moved beside a frame; see {@link Transport.give}. Left out: no. */
  readonly attaches?: boolean;
  /** Frame lengths, which only byte streams have, become varints when both Hellos announce it. Left out: no. */
  readonly varintLengths?: boolean;
  /** Both ends carry acknowledgements: {@link Transport.ack} works. Known when the peer's Hello is there. Left out: no. */
  readonly acks?: boolean;
  /** Both ends take chunks of so many bytes, beside what their Hellos say. Known as `acks` is. Left out: no. */
  readonly chunkBytes?: number | undefined;
  /**
   * Starts delivery to `sink`; called once. Resolves when frames can be sent. Rejects with `transport_connect`
   * when the carrier cannot be opened; then the sink hears nothing. What arrived before the call is kept and
   * delivered, in order.
   */
  start(sink: TransportSink): Promise<void>;
  /**
   * Bytes that may be handed over now without queueing more than the transport wants in front of the network.
   * 0 or less: wait for {@link TransportSink.writable}. The driver may overshoot by one frame.
   */
  capacity(): number;
  /**
   * The other side acknowledges what it receives, by which what is under way is bounded from now on: the transport may
   * queue more itself. Left out where that would not help.
   */
  widen?(): void;
  /**
   * Hands one frame over; it may be empty. `frame` is lent: its bytes stay unchanged until the carrier has taken
   * them, and the transport copies when its carrier would keep or transfer more than these bytes.
   * After the end or {@link Transport.close} it does nothing. Never throws.
   */
  send(frame: Uint8Array): void;
  /**
   * As {@link Transport.send} for a frame whose whole buffer belongs to the transport from now on, so that it need not
   * be copied. Left out where that makes no difference. So do the buffers of `attached`, which each of them fills; only
   * where {@link Transport.attaches}.
   */
  give?(frame: Uint8Array<ArrayBuffer>, attached?: readonly Uint8Array<ArrayBuffer>[]): void;
  /**
   * As {@link Transport.send} for the bytes of `given` from `from` to `to`; may move its buffer, after which the rest is
   * sent through here, too. Left out where nothing is moved.
   */
  sendGiven?(given: Given, from: number, to: number): void;
  /**
   * Tells the other side that `lenBytes` more bytes of frames were received, the last of them `delayMs` ago; leaves with
   * the next {@link Transport.flush}.
   */
  ack?(lenBytes: number, delayMs: number): void;
  /**
   * Everything handed over since the last call belongs to one flush. A transport that gathers frames sends them
   * now; others ignore it.
   */
  flush(): void;
  /**
   * Ends the carrier after what was handed over has been sent. Calling it again does nothing. The sink hears
   * nothing more. Listeners and timers are gone when it returns, at the latest when the carrier has flushed.
   */
  close(): void;
}
