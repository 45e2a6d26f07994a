import { CuttleError } from "../errors/error.ts";
import type { ArrivalWatcher, MessageTaker, Received } from "../mux/inbox.ts";
import type { Port, SendOptions } from "../mux/port.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import type { Deferred } from "../util/deferred.ts";
import { type Bytes, Pieces, wholeOf } from "../util/pieces.ts";
import { type ProgressOptions, progressTeller } from "../util/progress.ts";
import { type EmbedOptions, embed, type Link, Receiving } from "./half.ts";

/** How an item is sent. */
export interface ItemOptions extends ProgressOptions, EmbedOptions {
  /** Settled when the other application took it, or never will. */
  readonly taken?: Deferred<void> | undefined;
}

/** The same for a message of `totalBytes`. */
export function sendOptions({ signal, taken, onProgress }: ItemOptions, totalBytes: number): SendOptions {
  if (onProgress === undefined) return { signal, taken };
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  return { signal: either, taken, onProgress: progressTeller(onProgress, totalBytes, (error) => failed.abort(error)) };
}

/**
 * Sends values on one direction of a port: the encoded value as one message and, when there are halves in it, the
 * list of their ports directly behind it. PROTOCOL.md section 5.
 */
export class ItemSender<T> {
  readonly port: Port;
  readonly #link: Link;
  readonly #descriptor: Descriptor<T>;
  readonly #maxBytes: number;

  /** `maxBytes` limits one encoded value. */
  constructor(port: Port, link: Link, descriptor: Descriptor<T>, maxBytes: number) {
    this.port = port;
    this.#link = link;
    this.#descriptor = descriptor;
    this.#maxBytes = maxBytes;
  }

  /** As `Port.post`; throws what encoding throws, and then nothing was sent and all halves are as before. */
  send(value: T, options: ItemOptions = {}): Promise<void> | undefined {
    options.signal?.throwIfAborted();
    const { bytes, ports } = embed(this.#link, this.#descriptor, value, this.#maxBytes, options);
    return this.port.post(bytes, ports, sendOptions(options, bytes.length));
  }
}

/** A received value. */
export interface Taken<T> {
  readonly value: T;
  /** As it was encoded. */
  readonly sizeBytes: number;
}

/** The same with the halves in it. */
export interface TakenItem<T> extends Taken<T> {
  readonly halves: Receiving;
}

/** Receives values on one direction of a port. PROTOCOL.md section 5. */
export class ItemReceiver<T> {
  readonly port: Port;
  readonly #link: Link;
  readonly #descriptor: Descriptor<T>;
  readonly #maxBytes: number;
  /** A message that was taken while a list was expected. */
  #held: Received | undefined;
  /** Kept after `peer_missing_ports`: the next list may complete it. */
  #partial: TakenItem<T> | undefined;
  /** The list of what is kept belongs directly behind it; anything else means that the peer gave the value up. */
  #isListDue = false;

  /** Counts a received value of `sizeBytes` as kept; see `Port.hold`. */
  hold(sizeBytes: number, giveUp: (error: CuttleError) => void): (() => void) | undefined {
    return this.port.hold(sizeBytes, giveUp);
  }

  /** Values of more than `maxBytes` are skipped and reported. */
  constructor(port: Port, link: Link, descriptor: Descriptor<T>, maxBytes: number) {
    this.port = port;
    this.#link = link;
    this.#descriptor = descriptor;
    this.#maxBytes = maxBytes;
    port.maxMessageBytes = maxBytes;
  }

  /**
   * The next value, or undefined at the end; one call at a time. `watcher` is told how many bytes of it have come.
   * Rejects with `peer_decode`, `peer_item_too_large` or `peer_missing_ports` for that value alone: the next call goes on.
   * Other errors are final.
   */
  async recv(watcher?: ArrivalWatcher): Promise<TakenItem<T> | undefined> {
    for (;;) {
      const message = this.takeMessage() ?? (await this.port.receive(watcher));
      const taken = this.accept(message);
      if (taken !== undefined || message === undefined) return taken;
    }
  }

  /** Tells `taker` of the next message, for {@link accept}. */
  tellMessage(taker: MessageTaker): void {
    this.port.tellReceived(taker);
  }

  /** The next message, if it is here, for {@link accept}. */
  takeMessage(): Received | undefined {
    const held = this.#held;
    this.#held = undefined;
    return held ?? this.port.takeReceived();
  }

  /** The value that `message` or, undefined, the end makes whole, if any. Throws what {@link recv} rejects with. */
  accept(message: Received | undefined): TakenItem<T> | undefined {
    const missing = this.#isListDue ? this.#partial?.halves.missing : undefined;
    this.#isListDue = false;
    if (message?.kind === "ports") return this.#complete(message);
    this.#abandonPartial();
    if (missing !== undefined) {
      this.#held = message;
      throw missingPorts(missing);
    }
    return message && this.#decode(message);
  }

  #decode(message: Exclude<Received, { kind: "ports" }>): TakenItem<T> | undefined {
    if (message.kind === "too-large") throw this.#tooLarge(message.sizeBytes);
    const halves = new Receiving(this.#link, message.isOwned);
    const value = this.#valueOf(message.bytes, halves);
    const taken = { value, sizeBytes: message.bytes.length, halves };
    if (halves.isComplete) return taken;
    this.#partial = taken;
    this.#isListDue = true;
    return undefined;
  }

  #valueOf(bytes: Bytes, halves: Receiving): T {
    const { codec } = this.#link;
    const value =
      bytes instanceof Pieces && codec.decodePieces !== undefined
        ? codec.decodePieces(this.#descriptor, bytes, halves)
        : codec.decode(this.#descriptor, wholeOf(bytes), halves);
    return value as T;
  }

  #abandonPartial(): void {
    this.#partial?.halves.discard();
    this.#partial = undefined;
  }

  /** Undefined for a list that nobody expects; its requests are refused. */
  #complete(message: Extract<Received, { kind: "ports" }>): TakenItem<T> | undefined {
    const partial = this.#partial;
    if (partial === undefined) {
      this.#link.mux.refuse(message.requests);
      return undefined;
    }
    try {
      partial.halves.take(message.requests);
    } catch (error) {
      this.#abandonPartial();
      throw error;
    }
    const { missing } = partial.halves;
    if (missing.length > 0) throw missingPorts(missing);
    this.#partial = undefined;
    return partial;
  }

  #tooLarge(sizeBytes: number): CuttleError {
    const limitBytes = this.#maxBytes;
    return new CuttleError(
      "peer_item_too_large",
      `the peer sent a value of ${sizeBytes} bytes, which was skipped; ${limitBytes} are accepted. ` +
        "Raise limits.itemBytes, or send big things through a channel of their own",
      { data: { sizeBytes, limitBytes } },
    );
  }
}

function missingPorts(ids: readonly number[]): CuttleError {
  return new CuttleError(
    "peer_missing_ports",
    `the peer sent a value without opening the channels in it (ids ${ids.slice(0, 8).join(", ")}). ` +
      "It gave the value up, or does not follow the protocol",
  );
}

/** Whether the channel goes on after this error of a received value. */
export function isItemError(error: unknown): error is CuttleError {
  return CuttleError.is(error, "peer_decode", "peer_item_too_large", "peer_missing_ports");
}
