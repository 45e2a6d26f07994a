import type { Core, PortKey, Sent } from "../core/core.ts";
import { MIN_ATTACHED_BYTES } from "../transport/attachments.ts";
import { Given } from "../transport/given.ts";
import type { AbortOptions } from "../util/abort.ts";
import type { Deferred } from "../util/deferred.ts";
import { Outcome } from "../util/outcome.ts";
import { type Bytes, Pieces } from "../util/pieces.ts";
import type { Port } from "./port.ts";
import { changedMeanwhile, sentTwice } from "./port-errors.ts";
import type { Part } from "./port-stats.ts";

/** Told how many bytes of a message have left or come so far. */
export type OnProgress = (doneBytes: number) => void;

/** Options of `Port.send`. */
export interface SendOptions extends AbortOptions {
  readonly onProgress?: OnProgress | undefined;
  readonly taken?: Deferred<void> | undefined;
}

/**
 * Whether bytes were given away, and are so many that moving them is worth while. Throws `local_misuse` when they were
 * sent before.
 */
export function isGiven(bytes: Uint8Array): boolean {
  if (bytes.length < MIN_ATTACHED_BYTES) return false;
  if (Given.wasSent(bytes)) throw sentTwice();
  return Given.isMarked(bytes);
}

/** What a message consists of, and what is to be told of it. */
interface Contents {
  readonly bytes: Bytes;
  readonly ports: readonly Port[];
  readonly as: Outgoing["as"];
  readonly onProgress: OnProgress | undefined;
  readonly taken: Deferred<void> | undefined;
}

/**
 * A message on its way out. One with bytes that were given away is sent in parts, so that these are chunks of their
 * own: the core has one part at a time, the others wait here.
 */
export class Outgoing {
  /** The part that the core has, or gets next; mostly that is all of it. */
  bytes: Bytes;
  /** That part, when it was given away: the transport may have moved it. */
  given: Given | undefined;
  /** Requested behind the last part. */
  ports: readonly Port[];
  /** A part of a message, or a list of ports that belongs to none; else a whole message and the list behind it. */
  as: Part | "list" | undefined;
  readonly done: Outcome = new Outcome();
  /** Settled when the peer's application took it, or never will. */
  readonly taken: Deferred<void> | undefined;
  /**
   * `backlog`: not in the core yet, behind a waiting one. `waiting`: in the core, for credits or room. `covered`: in
   * the core and as good as sent, if it is the last part. In order there are some covered, at most one waiting or with
   * further parts, then backlog.
   */
  state: "backlog" | "waiting" | "covered" = "backlog";
  readonly #onProgress: OnProgress | undefined;
  /** Bytes of the parts before. */
  #doneBytes = 0;
  /** The parts behind; undefined for all but those that have several. */
  #rest: { readonly bytes: Bytes; readonly given: Given | undefined }[] | undefined;

  constructor({ bytes, ports, as, onProgress, taken }: Contents) {
    this.bytes = bytes;
    this.ports = ports;
    this.as = as;
    this.#onProgress = onProgress;
    this.taken = taken;
    if (as === undefined) this.given = Given.take(bytes);
    if (as !== undefined || !(bytes instanceof Pieces)) return;
    const parts = bytes.cut();
    if (parts.length === 1) return;
    this.#rest = parts.map((part) => ({ bytes: part.bytes, given: part.isGiven ? Given.take(part.bytes) : undefined }));
    this.next(true);
  }

  /** There are further parts. */
  get goesOn(): boolean {
    return this.#rest !== undefined && this.#rest.length > 0;
  }

  /** Bytes that the core has not been told of, beside those of this part. */
  get restBytes(): number {
    return this.#rest?.reduce((sum, { bytes }) => sum + bytes.length, 0) ?? 0;
  }

  /** Goes on with the next part. */
  next(first = false): void {
    const part = this.#rest?.shift();
    if (part === undefined) return;
    if (!first) this.#doneBytes += this.given?.length ?? this.bytes.length;
    this.bytes = part.bytes;
    this.given = part.given;
    this.as = { first, last: !this.goesOn };
  }

  /** Queues this part in the core, behind the last one also the request for the ports. */
  queueIn(core: Core, key: PortKey): Sent {
    const { bytes, as, ports } = this;
    if (as === "list") return core.sendList(key, keysOf(ports));
    const sent = as === undefined ? core.send(key, bytes.length, ports.length) : core.sendPart(key, bytes.length, as);
    if (sent !== "closed" && ports.length > 0 && !this.goesOn) core.sendPorts(key, keysOf(ports));
    return sent;
  }

  /** Nothing follows this part. */
  cut(): void {
    this.#rest = undefined;
    this.ports = [];
  }

  /** Bytes of this part, which leave now; none when their buffer was moved before. */
  payload(from: number, to: number): Uint8Array {
    this.#onProgress?.(this.#doneBytes + to);
    if (this.given?.isMoved === true) return NO_BYTES;
    if (from === 0 && to === this.bytes.length && this.bytes instanceof Uint8Array) return this.bytes;
    const payload = to > this.bytes.length ? NO_BYTES : this.bytes.subarray(from, to);
    // The header has been written: nothing but the end of the connection keeps the peer from taking other bytes for it.
    if (payload.length !== to - from) throw changedMeanwhile();
    return payload;
  }
}

function keysOf(ports: readonly Port[]): PortKey[] {
  return ports.map((port) => port.key);
}

const NO_BYTES: Uint8Array = /* @__PURE__ */ new Uint8Array(0);
