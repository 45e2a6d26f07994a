import type { PortKey, Sent } from "../core/core.ts";
import { CuttleError } from "../errors/error.ts";
import type { Deferred } from "../util/deferred.ts";
import { Fifo } from "../util/fifo.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Port } from "./port.ts";
import { changedMeanwhile, noReports } from "./port-errors.ts";
import type { ErrorSource, PortHost } from "./port-host.ts";

const NO_BYTES = new Uint8Array(0);

/** The messages of a port that have not left, in the order of the core's queue; made for the first one. */
export class Outbox {
  readonly #host: PortHost;
  readonly #key: PortKey;
  /** The core's queue: covered messages, then at most one that waits. */
  readonly #queued: Fifo<Outgoing> = new Fifo();
  /** Behind one that waits; the core was not told of them. */
  readonly backlog: Fifo<Outgoing> = new Fifo();
  /** Who waits to hear that a message was taken, in order. */
  readonly #reports: Fifo<Deferred<void>> = new Fifo();

  constructor(host: PortHost, key: PortKey) {
    this.#host = host;
    this.#key = key;
  }

  /** How many there are. */
  get length(): number {
    return this.#queued.length + this.backlog.length;
  }

  /** The oldest message in the core. */
  get first(): Outgoing | undefined {
    return this.#queued.first;
  }

  /** Gives the core what it can have: messages until one has to wait. */
  advance(): void {
    for (;;) {
      const message = this.backlog.first;
      if (message === undefined || this.#isBlocked || !this.#enqueue(message)) return;
      this.backlog.shift();
    }
  }

  /** The oldest message has left. */
  sent(): void {
    this.#queued.shift()?.done.resolve();
  }

  /** Bytes of the oldest message, which leave now; none when their buffer was moved before. */
  bytes(from: number, to: number): Uint8Array {
    const message = this.#queued.first;
    if (message === undefined) throw new CuttleError("bug", "the core sends a message that the port does not have");
    message.onProgress?.(to);
    const { bytes, given } = message;
    if (given?.isMoved === true) return NO_BYTES;
    const payload = to > bytes.length ? NO_BYTES : bytes.subarray(from, to);
    // The header has been written: nothing but the end of the connection keeps the peer from taking other bytes for it.
    if (payload.length !== to - from) throw changedMeanwhile();
    return payload;
  }

  /** The peer's application read up to where that was asked first. */
  reported(): void {
    this.#reports.shift()?.resolve();
  }

  /** Takes a message back; false when it is in the core for good. */
  abort(message: Outgoing, reason: unknown): boolean {
    if (message.state === "waiting") {
      // It may have left since, and another one be the last.
      if (message !== this.#queued.last || !this.#host.core.cancelLast(this.#key)) return false;
      this.#queued.pop();
    } else if (!this.backlog.remove(message)) {
      return false;
    }
    this.#reject([message], () => reason);
    return true;
  }

  /** The last message, if it waits, leaves the core's queue. */
  unblock(): void {
    if (this.#isBlocked) this.#host.core.cancelLast(this.#key);
  }

  /** Only what is covered still leaves. */
  giveUpUncovered(error: ErrorSource): void {
    const waiting = this.#queued.sift(({ state }) => state === "covered");
    this.#reject([...waiting, ...this.backlog.sift(() => false)], error);
  }

  /** Nothing leaves any more. */
  giveUp(error: ErrorSource): void {
    for (const taken of this.#reports.sift(() => false)) taken.reject(error());
    this.#reject([...this.#queued.sift(() => false), ...this.backlog.sift(() => false)], error);
  }

  get #isBlocked(): boolean {
    return this.#queued.last?.state === "waiting";
  }

  /** False when the receiver is closed; the event that says so is on its way and settles the message. */
  #enqueue(message: Outgoing): boolean {
    const sent = this.#give(message);
    if (sent === "closed") return false;
    message.state = sent;
    this.#queued.push(message);
    if (message.taken !== undefined) this.#requestReport(message.taken);
    if (sent === "covered") {
      for (const port of message.ports) port.commit();
      message.done.resolve();
    }
    return true;
  }

  #give({ bytes, ports, as }: Outgoing): Sent {
    const { core } = this.#host;
    if (as === "list") return core.sendList(this.#key, keysOf(ports));
    if (as !== undefined) return core.sendPart(this.#key, bytes.length, as);
    const sent = core.send(this.#key, bytes.length, ports.length);
    if (sent !== "closed" && ports.length > 0) core.sendPorts(this.#key, keysOf(ports));
    return sent;
  }

  #requestReport(taken: Deferred<void>): void {
    if (this.#host.core.requestReport(this.#key)) this.#reports.push(taken);
    else taken.reject(noReports());
  }

  #reject(messages: readonly Outgoing[], reason: () => unknown): void {
    for (const message of messages) {
      message.given?.letGo();
      message.done.reject(reason());
      if (message.taken !== undefined) {
        this.#reports.remove(message.taken);
        message.taken.reject(reason());
      }
      if (message.ports.length > 0) this.#host.abandon(message.ports, reason());
    }
  }
}

function keysOf(ports: readonly Port[]): PortKey[] {
  return ports.map((port) => port.key);
}
