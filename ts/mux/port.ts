import type { PortKey } from "../core/core.ts";
import { CuttleError } from "../errors/error.ts";
import { Given } from "../transport/given.ts";
import { whileNotAborted } from "../util/abort.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { Fifo } from "../util/fifo.ts";
import type { Bytes } from "../util/pieces.ts";
import { Held } from "./held.ts";
import { Inbox, type Piece, type PortRequest, type Received } from "./inbox.ts";
import { type OnProgress, Outgoing, type SendOptions } from "./outgoing.ts";
import { noReports, receiverGone, sentTwice } from "./port-errors.ts";
import type { ErrorSource, PortHost } from "./port-host.ts";
import { type Part, type PortStats, portStats } from "./port-stats.ts";
import type { Priority } from "./priority.ts";

export type { OnProgress, SendOptions };

const NO_BYTES = new Uint8Array(0);
const RESOLVED = Promise.resolve();
/** Sixteen of less are less than a window. */
const MIN_HELD_BYTES = 4096;

/**
 * One port of a connection: bytes and port lists in both directions, each of which ends on its own.
 * Sending and receiving are independent; neither ever makes another port wait.
 */
export class Port {
  /** Names the port in the core. */
  readonly key: PortKey;
  /** The number by which values name it. */
  readonly number: number;
  readonly #host: PortHost;
  readonly #inbox: Inbox;
  /** The core's queue: covered messages, then at most one that waits. */
  readonly #queued: Fifo<Outgoing> = new Fifo();
  /** Behind one that waits. */
  readonly #backlog: Fifo<Outgoing> = new Fifo();
  /** Who waits to hear that a message was taken, in order. */
  readonly #reports: Fifo<Deferred<void>> = new Fifo();
  /** Why nothing can be sent any more. */
  #sendError: ErrorSource | undefined;
  #sendFinished = false;
  #isCommitted = false;
  #outlastsClose = false;
  #isOpen = false;
  /** {@link receivePiece} was called last. */
  #takesPieces = false;
  #receiveFinished = false;
  /** The connection is ending: the peer must not take ends that follow from that for orderly ones. */
  #muted = false;
  /** Made for who holds something. */
  #held: Held | undefined;
  readonly #opened: Deferred<void> = deferred();
  readonly #receiverClosed: Deferred<{ graceful: boolean }> = deferred();
  /** Made for who asks. */
  #receiverFinished: Deferred<void> | undefined;
  #isReceiverFinished = false;

  /** Made by `Mux` only. */
  constructor(host: PortHost, key: PortKey) {
    this.#host = host;
    this.key = key;
    this.number = host.core.numberOf(key);
    this.#inbox = new Inbox(
      (cost) => {
        host.core.consumed(key, cost);
        host.wake();
      },
      (requests) => host.refuse(requests),
    );
  }

  /** The value that asks for it was taken for good: whoever sent it was told so. */
  get isCommitted(): boolean {
    return this.#isCommitted;
  }

  /**
   * Resolves when the port can be used: the peer accepted it, or lets ports be used before it does and the request has
   * left; a refusal that comes later fails the port as the end of the connection does. Rejects with `remote_rejected`,
   * or with the connection's end.
   */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Resolves when the peer's application reads no more; rejects when the connection ends before that. */
  get receiverClosed(): Promise<{ graceful: boolean }> {
    return this.#receiverClosed.promise;
  }

  /** Whether {@link receiverClosed} has settled, or nothing can be sent for another reason. */
  get isReceiverClosed(): boolean {
    return this.#sendError !== undefined;
  }

  /** Resolves when nothing is read at the peer any more, after an orderly close or without; rejects as that. */
  get receiverFinished(): Promise<void> {
    this.#receiverFinished ??= deferred();
    if (this.#isReceiverFinished) this.#receiverFinished.resolve();
    else if (this.#muted && this.#sendError !== undefined) this.#receiverFinished.reject(this.#sendError());
    return this.#receiverFinished.promise;
  }

  /** Labels the request with something else than the number; before it is requested. */
  set id(id: number) {
    this.#host.core.setId(this.key, id);
  }

  /** From now on messages are also sent after the peer's receiver was closed, until it is gone. */
  outlastClose(): void {
    this.#outlastsClose = true;
    this.#host.core.outlastClose(this.key);
  }

  /** How it stands. */
  stats(): PortStats {
    const queuedMessages = this.#queued.length + this.#backlog.length;
    const restBytes = this.#queued.last?.restBytes ?? 0;
    return portStats(this, this.#host.core, {
      queuedMessages,
      restBytes,
      backlog: this.#backlog,
      isOpen: this.#isOpen,
    });
  }

  /** Told how many bytes of the message that {@link receive} waits for have come, whenever some did. */
  set onReceiveProgress(onProgress: OnProgress | undefined) {
    this.#inbox.onProgress = onProgress;
  }

  /** Larger messages are skipped and received as `too-large`. */
  set maxMessageBytes(bytes: number) {
    this.#inbox.maxMessageBytes = bytes;
    this.#host.core.setMaxMessage(this.key, bytes);
  }

  /** Where its messages stand among those of other ports; see {@link Priority}. */
  set priority({ urgency = 3, incremental = true }: Priority) {
    this.#host.core.prioritize(this.key, urgency, incremental);
  }

  /** Bytes that arrived and were not taken. */
  get bufferedBytes(): number {
    return this.#inbox.bufferedBytes;
  }

  /**
   * Sends a message and, directly behind it, the list that requests `ports`. Resolves when credits for all of it are
   * in hand and the connection took it, else when it left, as all above 64 KiB. `bytes` are lent, and must
   * not change before it left. `onProgress` is told how many of its bytes have left, whenever some did.
   * Rejects with `remote_closed` when the peer reads no more, with the connection's end, or with the abort reason; an
   * aborted message that left in part is discarded by the peer. `taken` resolves when the peer's application took the
   * message; it rejects with the same errors, with `remote_closed` when the receiver ended before, and with
   * `peer_incompatible` when the peer does not report such things.
   */
  send(bytes: Bytes, ports: readonly Port[] = [], options: SendOptions = {}): Promise<void> {
    return this.#send(bytes, ports, undefined, options);
  }

  /**
   * As {@link send} for a part of a message, which is not to be empty unless it is the last. The peer discards a message
   * that is not ended when the next one begins, or at the end.
   */
  sendPart(bytes: Uint8Array, part: Part, signal?: AbortSignal): Promise<void> {
    return this.#send(bytes, [], part, { signal });
  }

  /** As {@link send} for a list that belongs to no message; it is not to be empty. */
  sendList(ports: readonly Port[], signal?: AbortSignal): Promise<void> {
    return this.#send(NO_BYTES, ports, "list", { signal });
  }

  #send(
    bytes: Bytes,
    ports: readonly Port[],
    as: Outgoing["as"],
    { signal, taken, onProgress }: SendOptions,
  ): Promise<void> {
    const refusal = this.#refusal(bytes, signal);
    if (refusal !== undefined) {
      taken?.reject(refusal.reason);
      if (ports.length > 0) this.#host.abandon(ports, refusal.reason);
      return Promise.reject(refusal.reason);
    }
    const message = new Outgoing({ bytes, ports, as, onProgress, taken });
    this.#backlog.push(message);
    this.#advance();
    if (message.state === "covered" && !message.goesOn) return RESOLVED;
    return whileNotAborted(message.done.promise, signal, (reason) => this.#abort(message, reason));
  }

  /** The next message, or undefined at the end; one call at a time. Rejects when the connection failed. */
  receive(): Promise<Received | undefined> {
    if (this.#takesPieces) {
      this.#takesPieces = false;
      this.maxMessageBytes = this.#inbox.maxMessageBytes;
    }
    return this.#inbox.receive();
  }

  /** What is there of the next message, as soon as there is some, or undefined at the end; as {@link receive}. */
  receivePiece(): Promise<Piece | undefined> {
    if (!this.#takesPieces) {
      this.#takesPieces = true;
      // No message is kept here until it is whole.
      this.#host.core.setMaxMessage(this.key, 0);
    }
    return this.#inbox.receivePiece();
  }

  /**
   * Counts `lenBytes` as kept for a program that has not taken them, until the returned function is called, once. When
   * too much is kept, `giveUp` may be called before that, to let go of it. What is small is not worth the call: queues
   * are bounded by their number of values.
   */
  hold(lenBytes: number, giveUp: (error: CuttleError) => void): (() => void) | undefined {
    if (lenBytes < MIN_HELD_BYTES) return undefined;
    this.#held ??= new Held(this.#host, this.key);
    return this.#held.add(lenBytes, giveUp);
  }

  /** Gives up what has not left; later sends reject with `error` too. To be followed by {@link finishSend}. */
  stopSending(error: ErrorSource): void {
    if (this.#queued.last?.state === "waiting") this.#host.core.cancelLast(this.key);
    this.#giveUpUncovered(error);
  }

  /** Sends no more after what was given to {@link send}. */
  finishSend(): void {
    if (this.#sendFinished) return;
    this.#sendFinished = true;
    this.#advance();
  }

  /** Asks the peer to send no more; what is under way is still received. */
  closeReceive(): void {
    this.#host.core.closeReceive(this.key);
    this.#host.wake();
  }

  /** Receives no more. */
  finishReceive(): void {
    if (this.#receiveFinished) return;
    this.#receiveFinished = true;
    this.#inbox.discard();
    if (this.#muted) return;
    this.#host.core.finishReceive(this.key);
    this.#host.wake();
  }

  /** Ends both directions. */
  finish(): void {
    this.finishSend();
    this.finishReceive();
  }

  /** @internal The peer used this port, and is refused it: what came is let go of. */
  discard(): void {
    this.#muted = true;
    this.#receiveFinished = true;
    this.#sendFinished = true;
    this.#inbox.discard();
  }

  // What the driver tells. Not for others.

  /** @internal The peer accepted. */
  handleOpened(): void {
    this.#isOpen = true;
    this.#opened.resolve();
  }

  /** @internal The bytes of the oldest message have left; the list of its ports may be behind them. */
  handleBytesSent(): void {
    const message = this.#queued.first;
    if (message?.goesOn === true) this.#sendNextPart(message);
    else if (message?.ports.length === 0) this.handleSent();
  }

  /** @internal The oldest message left whole, with its ports. */
  handleSent(): void {
    this.#queued.shift()?.done.resolve();
    this.#advance();
  }

  /** @internal Bytes of the oldest message, which leave now; none when their buffer was moved before. */
  outgoing(from: number, to: number): Uint8Array {
    const message = this.#queued.first;
    if (message === undefined) throw new CuttleError("bug", "the core sends a message that the port does not have");
    return message.payload(from, to);
  }

  /** @internal The oldest message, when it may be moved. */
  get outgoingGiven(): Given | undefined {
    return this.#queued.first?.given;
  }

  /** @internal The peer's application read up to where that was asked first. */
  handleReport(): void {
    this.#reports.shift()?.resolve();
  }

  /** @internal A chunk came. */
  handleChunk(payload: Uint8Array, start: boolean, last: boolean): void {
    this.#inbox.chunk(payload, start, last);
  }

  /** @internal A chunk came that belongs to nothing. */
  handleStray(): void {
    this.#inbox.abandonUnfinished();
  }

  /** @internal A piece of a list came. */
  handlePorts(requests: readonly PortRequest[], start: boolean, last: boolean): void {
    if (this.#receiveFinished) this.#host.refuse(requests);
    else this.#inbox.ports(requests, start, last);
  }

  /** @internal Too much was kept, most of it here: this end reads no more. */
  handleShed(): void {
    const error = new CuttleError(
      "local_limit",
      "more was received than limits.bufferedBytes allows, and this channel held most of it; what came on it is lost. " +
        "Take values as fast as they come, close receivers that are not needed, or raise the limit",
    );
    this.#receiveFinished = true;
    this.#inbox.shed(error);
    this.#held?.giveUp(error);
  }

  /** @internal The peer sends no more. */
  handleSendFinished(): void {
    this.#inbox.end();
  }

  /** @internal The peer wants no more; it still reads what is covered, and the core dropped the rest. */
  handleReceiverClosed(): void {
    if (!this.#outlastsClose) this.#giveUpUncovered(receiverGone("closed"));
    this.#receiverClosed.resolve({ graceful: true });
  }

  /** @internal The peer reads nothing any more; the core dropped what was queued. */
  handleReceiverFinished(graceful: boolean): void {
    this.#failSending(receiverGone(graceful ? "closed" : "dropped"));
    this.#receiverClosed.resolve({ graceful });
    this.#isReceiverFinished = true;
    this.#receiverFinished?.resolve();
  }

  /** @internal The connection is being closed: what is covered is still sent, the rest is not. */
  handleClosing(error: ErrorSource): void {
    this.#giveUpUncovered(error);
    this.#muted = true;
  }

  /** @internal The connection is being closed, and ports that were never requested have been told so. */
  handleClosed(error: CuttleError): void {
    this.#opened.reject(error);
    this.#receiverClosed.reject(error);
    this.#receiverFinished?.reject(error);
    this.#inbox.fail(error);
  }

  /** @internal The request was refused, or with the connection everything ended. */
  handleFailed(error: CuttleError): void {
    this.#muted = true;
    this.#failSending(() => error);
    this.handleClosed(error);
  }

  /** Why a message is not even queued. */
  #refusal(bytes: Bytes, signal: AbortSignal | undefined): { reason: unknown } | undefined {
    if (Given.wasSent(bytes)) return { reason: sentTwice() };
    if (signal?.aborted) return { reason: signal.reason };
    if (this.#sendError !== undefined) return { reason: this.#sendError() };
    if (!this.#sendFinished) return undefined;
    return { reason: new CuttleError("local_closed", "the channel was closed on this side") };
  }

  get #isBlocked(): boolean {
    const { last } = this.#queued;
    return last !== undefined && (last.state === "waiting" || last.goesOn);
  }

  #giveUpUncovered(error: ErrorSource): void {
    this.#sendError ??= error;
    const { last } = this.#queued;
    if (last?.state === "covered" && last.goesOn) this.#cut(last, error);
    this.#reject(
      this.#queued.sift((message) => message.state === "covered"),
      error,
    );
    this.#reject(
      this.#backlog.sift(() => false),
      error,
    );
  }

  /** Gives the core what it can have: messages until one has to wait, then the end. */
  #advance(): void {
    if (this.#muted) return;
    for (;;) {
      const message = this.#backlog.first;
      if (message === undefined || this.#isBlocked || !this.#enqueue(message)) break;
      this.#backlog.shift();
    }
    const isAllQueued = this.#backlog.length === 0 && this.#queued.last?.goesOn !== true;
    if (this.#sendFinished && isAllQueued) this.#host.core.finishSend(this.key);
    this.#host.wake();
  }

  /** False when the receiver is closed; the event that says so is on its way and settles the message. */
  #enqueue(message: Outgoing): boolean {
    const sent = message.queueIn(this.#host.core, this.key);
    if (sent === "closed") return false;
    this.#queued.push(message);
    this.#isQueued(message, sent);
    return true;
  }

  #isQueued(message: Outgoing, state: "covered" | "waiting"): void {
    message.state = state;
    if (message.goesOn) return;
    if (message.taken !== undefined) this.#requestReport(message.taken);
    if (state === "waiting") return;
    for (const port of message.ports) port.#isCommitted = true;
    message.done.resolve();
  }

  #sendNextPart(message: Outgoing): void {
    message.next();
    const sent = message.queueIn(this.#host.core, this.key);
    // As for the first part; what waits is settled by that event.
    if (sent === "closed") message.state = "waiting";
    else this.#isQueued(message, sent);
    this.#advance();
  }

  /** What is covered still leaves, and the peer discards it. */
  #cut(message: Outgoing, reason: () => unknown): void {
    this.#fail(message, reason());
    message.cut();
  }

  #fail({ done, taken, ports }: Outgoing, reason: unknown): void {
    done.reject(reason);
    taken?.reject(reason);
    if (ports.length > 0) this.#host.abandon(ports, reason);
  }

  #requestReport(taken: Deferred<void>): void {
    if (this.#host.core.requestReport(this.key)) this.#reports.push(taken);
    else taken.reject(noReports());
  }

  #abort(message: Outgoing, reason: unknown): void {
    if (message.state === "waiting") {
      // It may have left since, and another one be the last.
      if (message !== this.#queued.last || !this.#host.core.cancelLast(this.key)) return;
      this.#queued.pop();
    } else if (message.state === "covered" && message.goesOn) {
      this.#cut(message, () => reason);
      this.#advance();
      return;
    } else if (!this.#backlog.remove(message)) {
      return;
    }
    this.#reject([message], () => reason);
    this.#advance();
  }

  #failSending(error: ErrorSource): void {
    this.#sendError ??= error;
    for (const taken of this.#reports.sift(() => false)) taken.reject(error());
    this.#reject(
      this.#queued.sift(() => false),
      error,
    );
    this.#reject(
      this.#backlog.sift(() => false),
      error,
    );
  }

  #reject(messages: readonly Outgoing[], reason: () => unknown): void {
    for (const message of messages) {
      message.given?.letGo();
      if (message.taken !== undefined) this.#reports.remove(message.taken);
      this.#fail(message, reason());
    }
  }
}
