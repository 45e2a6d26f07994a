import { CuttleError } from "../errors/error.ts";
import { bytesOf, describeValue } from "./bytes.ts";
import { ACKED_CAPACITY_BYTES, DEFAULT_CAPACITY_BYTES, DEFAULT_MAX_FRAME_BYTES } from "./defaults.ts";
import { Delivery, earlyDataError, frameTooLargeError } from "./delivery.ts";
import { type EventTargetLike, Listeners } from "./listen.ts";
import { Opening } from "./opening.ts";
import type { Transport, TransportSink } from "./transport.ts";

/** The part of a W3C `RTCDataChannel` that is used: of browsers, and in Node of `node-datachannel`, `wrtc`, `werift`. */
export interface DataChannelLike extends EventTargetLike {
  readonly readyState: string;
  readonly bufferedAmount: number;
  /** Set by the transport. */
  bufferedAmountLowThreshold?: number;
  /** Set to `"arraybuffer"` by the transport. */
  binaryType?: string;
  readonly label?: string;
  /** Must be true, and without limits on retransmission: frames may neither be lost nor overtake each other. */
  readonly ordered?: boolean;
  readonly maxRetransmits?: number | null;
  readonly maxPacketLifeTime?: number | null;
  /** Queues one message. */
  send(data: Uint8Array<ArrayBuffer> | string): void;
  close(): void;
}

/** Options of {@link dataChannelTransport}. */
export interface DataChannelTransportOptions {
  /**
   * Bytes that may wait in the channel; default 64 KiB, since what waits there delays everything behind it. Towards another
   * end of cuttle the default is 128 KiB, because its acknowledgements bound what is under way.
   */
  capacityBytes?: number;
  /** Largest message accepted; default 1 MiB. */
  maxFrameBytes?: number;
}

/**
 * A transport over a reliable, ordered data channel that may still be connecting. One message is one frame. The caller
 * gives the channel away. Throws `local_misuse` for a channel that may lose or reorder messages.
 */
export function dataChannelTransport(channel: DataChannelLike, options: DataChannelTransportOptions = {}): Transport {
  const isReliable = channel.ordered !== false && !channel.maxRetransmits && !channel.maxPacketLifeTime;
  if (isReliable) return new DataChannelTransport(channel, options);
  throw new CuttleError(
    "local_misuse",
    "this RTCDataChannel may lose or reorder messages. Create it with ordered: true and without maxRetransmits and " +
      "maxPacketLifeTime",
  );
}

/** The last message of a side; a text, for frames are bytes. */
const END = "end";
/** A side that does not answer for so long is gone. */
const END_WAIT_MS = 2_000;
/** Some implementations have `bufferedAmount` and no event for it. */
const POLL_MS = 4;

class DataChannelTransport implements Transport {
  readonly kind = "data-channel";
  readonly gathers = true;
  readonly #channel: DataChannelLike;
  #capacityBytes: number;
  readonly #ackedCapacityBytes: number;
  readonly #maxFrameBytes: number;
  readonly #delivery = new Delivery();
  readonly #listeners = new Listeners();
  readonly #opening: Opening;
  #waiting = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(channel: DataChannelLike, options: DataChannelTransportOptions) {
    this.#channel = channel;
    this.#opening = new Opening(this.kind, this.#delivery, channel.readyState === "open");
    this.#capacityBytes = options.capacityBytes ?? DEFAULT_CAPACITY_BYTES;
    this.#ackedCapacityBytes = options.capacityBytes ?? ACKED_CAPACITY_BYTES;
    this.#maxFrameBytes = options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES;
    if (channel.readyState === "closing" || channel.readyState === "closed") {
      this.#opening.fail(this.#notOpened());
      return;
    }
    channel.binaryType = "arraybuffer";
    channel.bufferedAmountLowThreshold = Math.floor(this.#capacityBytes / 2);
    this.#listeners.onTarget(channel, "open", () => this.#opening.open());
    this.#listeners.onTarget(channel, "message", (event: { data: unknown }) => this.#onMessage(event.data));
    this.#listeners.onTarget(channel, "bufferedamountlow", () => this.#checkRoom());
    this.#listeners.onTarget(channel, "close", () => this.#onClose());
  }

  start(sink: TransportSink): Promise<void> {
    return this.#opening.start(sink);
  }

  capacity(): number {
    const room = this.#room();
    if (room <= 0 && !this.#delivery.over) this.#waitForRoom();
    return room;
  }

  widen(): void {
    this.#capacityBytes = this.#ackedCapacityBytes;
    this.#channel.bufferedAmountLowThreshold = Math.floor(this.#capacityBytes / 2);
  }

  send(frame: Uint8Array): void {
    if (this.#delivery.over || this.#channel.readyState !== "open") return;
    try {
      this.#channel.send(frame as Uint8Array<ArrayBuffer>);
    } catch (error) {
      this.#release();
      this.#delivery.failed(
        new CuttleError("transport_lost", `the data channel refused a message of ${frame.length} bytes: ${error}`, {
          cause: error,
        }),
      );
    }
  }

  flush(): void {}

  close(): void {
    this.#opening.close();
    this.#release();
  }

  #onMessage(data: unknown): void {
    if (this.#delivery.over) return;
    if (data === END) return this.#onEnd();
    const frame = bytesOf(data);
    if (frame === undefined) {
      this.#fail(new CuttleError("peer_protocol", `the data channel delivered ${describeValue(data)}, not bytes`));
    } else if (frame.byteLength > this.#maxFrameBytes) {
      this.#fail(frameTooLargeError(this.kind, frame.byteLength, this.#maxFrameBytes));
    } else if (!this.#delivery.accepts(frame.byteLength)) this.#fail(earlyDataError(this.kind));
    else this.#delivery.frame(frame);
    this.#checkRoom();
  }

  #onClose(): void {
    this.#release();
    if (this.#opening.opened) this.#delivery.ended({ reason: "the data channel was closed" });
    else this.#opening.fail(this.#notOpened());
  }

  #notOpened(): CuttleError {
    return new CuttleError(
      "transport_connect",
      `the data channel ${this.#channel.label ?? ""} could not be opened: the two sides found no way to each other, ` +
        "which may need a TURN server, or one of them is gone",
    );
  }

  #fail(error: CuttleError): void {
    this.#release();
    this.#delivery.failed(error);
  }

  /** Everything that the other side sent has come. */
  #onEnd(): void {
    this.#listeners.removeAll();
    this.#stopWaiting();
    this.#channel.close();
    this.#delivery.ended({ reason: "the other side closed the data channel" });
  }

  /**
   * Lets go of the channel. Implementations may drop what is under way when a channel is closed, so the other side closes
   * it when it has all; and this one if that does not happen.
   */
  #release(): void {
    this.#listeners.removeAll();
    this.#stopWaiting();
    const channel = this.#channel;
    if (channel.readyState !== "open") return channel.close();
    try {
      channel.send(END);
    } catch {
      // Then it is broken.
      return channel.close();
    }
    const timer = setTimeout(() => channel.close(), END_WAIT_MS);
    (timer as { unref?: () => void }).unref?.();
    channel.addEventListener("close", () => clearTimeout(timer));
    // Both sides may end at once.
    channel.addEventListener("message", (event: { data: unknown }) => {
      if (event.data === END) channel.close();
    });
  }

  #stopWaiting(): void {
    this.#waiting = false;
    clearTimeout(this.#timer);
  }

  #room(): number {
    return this.#capacityBytes - this.#channel.bufferedAmount;
  }

  #waitForRoom(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    const look = (): void => {
      this.#checkRoom();
      if (this.#waiting) this.#timer = setTimeout(look, POLL_MS);
    };
    this.#timer = setTimeout(look, POLL_MS);
  }

  #checkRoom(): void {
    if (!this.#waiting || this.#room() <= 0) return;
    this.#waiting = false;
    clearTimeout(this.#timer);
    this.#delivery.writable();
  }
}
