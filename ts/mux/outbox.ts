import type { PortKey } from "../core/core.ts";
import { CuttleError } from "../errors/error.ts";
import type { Deferred } from "../util/deferred.ts";
import { Fifo } from "../util/fifo.ts";
import type { Outgoing } from "./outgoing.ts";
import { noReports } from "./port-errors.ts";
import type { ErrorSource, PortHost } from "./port-host.ts";

/** The messages of a port that have not left, in the order of the core's queue; made for the first one. */
export class Outbox {
  readonly #host: PortHost;
  readonly #key: PortKey;
  /** The core's queue: covered messages, then at most one that waits or has further parts. */
  readonly #queued: Fifo<Outgoing> = new Fifo();
  /** Behind that one; the core was not told of them. */
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

  /** Bytes of the last message in the core of which that was not told. */
  get restBytes(): number {
    return this.#queued.last?.restBytes ?? 0;
  }

  /** Whether the core was told of everything. */
  get isAllQueued(): boolean {
    return this.backlog.length === 0 && this.#queued.last?.goesOn !== true;
  }

  /** The oldest message in the core. */
  get first(): Outgoing | undefined {
    return this.#queued.first;
  }

  /** Gives the core what it can have: messages until one has to wait or goes on. */
  advance(): void {
    for (;;) {
      const message = this.backlog.first;
      if (message === undefined || this.#isBlocked || !this.#enqueue(message)) return;
      this.backlog.shift();
    }
  }

  /** The bytes of the oldest message that the core had have left; false when the request for its ports is behind them. */
  bytesSent(): boolean {
    const message = this.#queued.first;
    if (message?.goesOn === true) this.#sendNextPart(message);
    else if (message?.ports.length === 0) this.sent();
    else return false;
    return true;
  }

  /** The oldest message has left. */
  sent(): void {
    this.#queued.shift()?.done.resolve();
  }

  /** Bytes of the oldest message, which leave now; none when their buffer was moved before. */
  bytes(from: number, to: number): Uint8Array {
    const message = this.#queued.first;
    if (message === undefined) throw new CuttleError("bug", "the core sends a message that the port does not have");
    return message.payload(from, to);
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
    } else if (message.state === "covered" && message.goesOn) {
      this.#cut(message, reason);
      return true;
    } else if (!this.backlog.remove(message)) {
      return false;
    }
    this.#reject([message], () => reason);
    return true;
  }

  /** The last message, if it waits, leaves the core's queue. */
  unblock(): void {
    if (this.#queued.last?.state === "waiting") this.#host.core.cancelLast(this.#key);
  }

  /** Only what is covered still leaves. */
  giveUpUncovered(error: ErrorSource): void {
    const { last } = this.#queued;
    if (last?.state === "covered" && last.goesOn) this.#cut(last, error());
    const waiting = this.#queued.sift(({ state }) => state === "covered");
    this.#reject([...waiting, ...this.backlog.sift(() => false)], error);
  }

  /** Nothing leaves any more. */
  giveUp(error: ErrorSource): void {
    for (const taken of this.#reports.sift(() => false)) taken.reject(error());
    this.#reject([...this.#queued.sift(() => false), ...this.backlog.sift(() => false)], error);
  }

  get #isBlocked(): boolean {
    const { last } = this.#queued;
    return last !== undefined && (last.state === "waiting" || last.goesOn);
  }

  /** False when the receiver is closed; the event that says so is on its way and settles the message. */
  #enqueue(message: Outgoing): boolean {
    const sent = message.queueIn(this.#host.core, this.#key);
    if (sent === "closed") return false;
    this.#queued.push(message);
    this.#isQueued(message, sent);
    return true;
  }

  #sendNextPart(message: Outgoing): void {
    message.next();
    const sent = message.queueIn(this.#host.core, this.#key);
    // As for the first part; what waits is settled by that event.
    if (sent === "closed") message.state = "waiting";
    else this.#isQueued(message, sent);
  }

  #isQueued(message: Outgoing, state: "covered" | "waiting"): void {
    message.state = state;
    if (message.goesOn) return;
    if (message.taken !== undefined) this.#requestReport(message.taken);
    if (state === "waiting") return;
    for (const port of message.ports) port.commit();
    message.done.resolve();
  }

  /** What is covered still leaves, and the peer discards it. */
  #cut(message: Outgoing, reason: unknown): void {
    this.#fail(message, reason);
    message.cut();
  }

  #requestReport(taken: Deferred<void>): void {
    if (this.#host.core.requestReport(this.#key)) this.#reports.push(taken);
    else taken.reject(noReports());
  }

  #reject(messages: readonly Outgoing[], reason: () => unknown): void {
    for (const message of messages) {
      message.given?.letGo();
      if (message.taken !== undefined) this.#reports.remove(message.taken);
      this.#fail(message, reason());
    }
  }

  #fail({ done, taken, ports }: Outgoing, reason: unknown): void {
    // First: whoever hears that the value was not sent finds the halves in it as they were before.
    if (ports.length > 0) this.#host.abandon(ports, reason);
    done.reject(reason);
    taken?.reject(reason);
  }
}
