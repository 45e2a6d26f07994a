import type { PortKey } from "../core/core.ts";
import { CuttleError } from "../errors/error.ts";
import { Given } from "../transport/given.ts";
import { whileNotAborted } from "../util/abort.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import type { Bytes } from "../util/pieces.ts";
import { Held } from "./held.ts";
import {
  type ArrivalWatcher,
  Inbox,
  type InboxOwner,
  type MessageTaker,
  type Piece,
  type PortRequest,
  type Received,
} from "./inbox.ts";
import { Outbox } from "./outbox.ts";
import { type OnProgress, Outgoing, type SendOptions } from "./outgoing.ts";
import { type Closed, PeerReceiver } from "./peer-receiver.ts";
import { receiverGone, sentTwice } from "./port-errors.ts";
import type { ErrorSource, PortHost } from "./port-host.ts";
import { type Part, type PortStats, portStats } from "./port-stats.ts";
import type { Priority } from "./priority.ts";

export type { OnProgress, SendOptions };

const NO_BYTES = new Uint8Array(0);
const RESOLVED = Promise.resolve();
/** Sixteen of less are less than a window. */
const MIN_HELD_BYTES = 4096;

/** What holds for a port, as bits: a port is small. */
const Flag = {
  /** The peer accepted. */
  open: 1,
  /** See {@link Port.isCommitted}. */
  committed: 2,
  /** Nothing more is given to it to send. */
  sendFinished: 4,
  receiveFinished: 8,
  outlastsClose: 16,
  /** {@link Port.receivePiece} was called last. */
  takesPieces: 32,
  /** The connection is ending: the peer must not take ends that follow from that for orderly ones. */
  muted: 64,
} as const;

/**
 * One port of a connection: bytes and port lists in both directions, each of which ends on its own.
 * Sending and receiving are independent; neither ever makes another port wait.
 */
export class Port implements InboxOwner {
  /** Names the port in the core. */
  readonly key: PortKey;
  readonly #host: PortHost;
  readonly #inbox: Inbox;
  // What most ports never need is made when it is needed: there are many of them, and most are idle.
  #outbox: Outbox | undefined;
  /** Why nothing can be sent any more. */
  #sendError: ErrorSource | undefined;
  #held: Held | undefined;
  #opened: Deferred<void> | undefined;
  #receiver: PeerReceiver | undefined;
  /** See {@link Flag}. */
  #flags = 0;

  /** Made by `Mux` only. */
  constructor(host: PortHost, key: PortKey) {
    this.#host = host;
    this.key = key;
    this.#inbox = new Inbox(this);
  }

  /** The number by which values name it, while the port exists. */
  get number(): number {
    return this.#host.core.numberOf(this.key);
  }

  /** The value that asks for it was taken for good: whoever sent it was told so. */
  get isCommitted(): boolean {
    return this.#is(Flag.committed);
  }

  /**
   * Resolves when the port can be used: the peer accepted it, or lets ports be used before it does and the request has
   * left; a refusal that comes later fails the port as the end of the connection does. Rejects with `remote_rejected`,
   * or with the connection's end.
   */
  get opened(): Promise<void> {
    if (this.#is(Flag.open)) return RESOLVED;
    this.#opened ??= deferred();
    if (this.#receiver?.error !== undefined) this.#opened.reject(this.#receiver.error);
    return this.#opened.promise;
  }

  /** Resolves when the peer's application reads no more; rejects when the connection ends before that. */
  get receiverClosed(): Promise<Closed> {
    return this.#peerReceiver.closed;
  }

  /** Whether {@link receiverClosed} has settled, or nothing can be sent for another reason. */
  get isReceiverClosed(): boolean {
    return this.#sendError !== undefined;
  }

  /** Resolves when nothing is read at the peer any more, after an orderly close or without; rejects as that. */
  get receiverFinished(): Promise<void> {
    return this.#peerReceiver.finished;
  }

  /** Labels the request with something else than the number; before it is requested. */
  set id(id: number) {
    this.#host.core.setId(this.key, id);
  }

  /** From now on messages are also sent after the peer's receiver was closed, until it is gone. */
  outlastClose(): void {
    this.#set(Flag.outlastsClose);
    this.#host.core.outlastClose(this.key);
  }

  /** How it stands. */
  stats(): PortStats {
    const { length: queuedMessages = 0, restBytes = 0, backlog = [] } = this.#outbox ?? {};
    return portStats(this, this.#host.core, { queuedMessages, restBytes, backlog, isOpen: this.#is(Flag.open) });
  }

  /** Larger messages are skipped and received as `too-large`. */
  set maxMessageBytes(bytes: number) {
    this.#inbox.maxMessageBytes = bytes;
    this.#limitMessages();
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
   * in hand and the connection took it, else when it left, as all above 64 KiB, towards cuttle 256 KiB, over a MessagePort
   * 1 MiB. `bytes` are lent, and must not change before it left. `onProgress` is told how many of its bytes have left,
   * whenever some did.
   * Rejects with `remote_closed` when the peer reads no more, with the connection's end, or with the abort reason; an
   * aborted message that left in part is discarded by the peer. `taken` resolves when the peer's application took the
   * message; it rejects with the same errors, with `remote_closed` when the receiver ended before, and with
   * `peer_incompatible` when the peer does not report such things.
   */
  send(bytes: Bytes, ports: readonly Port[] = [], options: SendOptions = {}): Promise<void> {
    return this.post(bytes, ports, options) ?? RESOLVED;
  }

  /** As {@link send}; undefined in place of a promise that has resolved. */
  post(bytes: Bytes, ports: readonly Port[] = [], options: SendOptions = {}): Promise<void> | undefined {
    return this.#send(bytes, ports, undefined, options);
  }

  /**
   * As {@link send} for a part of a message, which is not to be empty unless it is the last. The peer discards a message
   * that is not ended when the next one begins, or at the end.
   */
  sendPart(bytes: Uint8Array, part: Part, signal?: AbortSignal): Promise<void> {
    return this.#send(bytes, [], part, { signal }) ?? RESOLVED;
  }

  /** As {@link send} for a list that belongs to no message; it is not to be empty. */
  sendList(ports: readonly Port[], signal?: AbortSignal): Promise<void> {
    return this.#send(NO_BYTES, ports, "list", { signal }) ?? RESOLVED;
  }

  #send(
    bytes: Bytes,
    ports: readonly Port[],
    as: Outgoing["as"],
    { signal, taken, onProgress }: SendOptions,
  ): Promise<void> | undefined {
    const refusal = this.#refusal(bytes, signal);
    if (refusal !== undefined) {
      taken?.reject(refusal.reason);
      if (ports.length > 0) this.#host.abandon(ports, refusal.reason);
      return Promise.reject(refusal.reason);
    }
    const message = new Outgoing({ bytes, ports, as, onProgress, taken });
    this.#outbox ??= new Outbox(this.#host, this.key);
    this.#outbox.backlog.push(message);
    this.#advance();
    if (message.state === "covered" && !message.goesOn) return undefined;
    return whileNotAborted(message.done.promise, signal, (reason) => {
      if (this.#outbox?.abort(message, reason) === true) this.#advance();
    });
  }

  /**
   * The next message, or undefined at the end; one call at a time. Rejects when the connection failed. `watcher` is told
   * how many bytes of it have come, whenever some did.
   */
  receive(watcher?: ArrivalWatcher): Promise<Received | undefined> {
    this.#takeWhole();
    return this.#inbox.receive(watcher);
  }

  /** As {@link receive}, telling `taker` without a promise. */
  tellReceived(taker: MessageTaker): void {
    this.#takeWhole();
    this.#inbox.tell(taker);
  }

  /** As {@link receive}, for who does not wait: the next message, if it is here. */
  takeReceived(): Received | undefined {
    this.#takeWhole();
    return this.#inbox.take();
  }

  /** What is there of the next message, as soon as there is some, or undefined at the end; as {@link receive}. */
  receivePiece(): Promise<Piece | undefined> {
    if (!this.#is(Flag.takesPieces)) {
      this.#set(Flag.takesPieces);
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
    this.#outbox?.unblock();
    this.#giveUpUncovered(error);
  }

  /** Sends no more after what was given to {@link send}. */
  finishSend(): void {
    if (this.#is(Flag.sendFinished)) return;
    this.#set(Flag.sendFinished);
    this.#feed();
    this.#host.soon();
  }

  /** Asks the peer to send no more; what is under way is still received. */
  closeReceive(): void {
    this.#host.core.closeReceive(this.key);
    this.#host.wake();
  }

  /** Receives no more. */
  finishReceive(): void {
    if (this.#is(Flag.receiveFinished)) return;
    this.#set(Flag.receiveFinished);
    this.#inbox.discard();
    if (this.#is(Flag.muted)) return;
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
    this.#set(Flag.muted);
    this.#set(Flag.receiveFinished);
    this.#set(Flag.sendFinished);
    this.#inbox.discard();
  }

  // What the inbox, the outbox and the driver tell. Not for others.

  /** @internal See {@link isCommitted}. */
  commit(): void {
    this.#set(Flag.committed);
  }

  /** @internal */
  consumed(cost: number): void {
    this.#host.core.consumed(this.key, cost);
    this.#host.wake();
  }

  /** @internal */
  dropped(requests: readonly PortRequest[]): void {
    this.#host.refuse(requests);
  }

  /** @internal The peer accepted. */
  handleOpened(): void {
    if (this.#receiver?.error !== undefined) return;
    this.#set(Flag.open);
    this.#opened?.resolve();
    this.#opened = undefined;
  }

  /** @internal The bytes of the oldest message have left; the list of its ports may be behind them. */
  handleBytesSent(): void {
    const hadMore = this.#outbox?.isAllQueued === false;
    if (this.#outbox?.bytesSent() === true && hadMore) this.#advance();
  }

  /** @internal The oldest message left whole, with its ports. */
  handleSent(): void {
    const hadMore = this.#outbox?.isAllQueued === false;
    this.#outbox?.sent();
    if (hadMore) this.#advance();
  }

  /** @internal Bytes of the oldest message, which leave now; none when their buffer was moved before. */
  outgoing(from: number, to: number): Uint8Array {
    if (this.#outbox === undefined) throw new CuttleError("bug", "the core sends on a port that sends nothing");
    return this.#outbox.bytes(from, to);
  }

  /** @internal The oldest message, when it may be moved. */
  get outgoingGiven(): Given | undefined {
    return this.#outbox?.first?.given;
  }

  /** @internal The peer's application read up to where that was asked first. */
  handleReport(): void {
    this.#outbox?.reported();
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
    if (this.#is(Flag.receiveFinished)) this.#host.refuse(requests);
    else this.#inbox.ports(requests, start, last);
  }

  /** @internal Too much was kept, most of it here: this end reads no more. */
  handleShed(): void {
    const error = new CuttleError(
      "local_limit",
      "more was received than limits.bufferedBytes allows, and this channel held most of it; what came on it is lost. " +
        "Take values as fast as they come, close receivers that are not needed, or raise the limit",
    );
    this.#set(Flag.receiveFinished);
    this.#inbox.shed(error);
    this.#held?.giveUp(error);
  }

  /** @internal The peer sends no more. */
  handleSendFinished(): void {
    this.#inbox.end();
  }

  /** @internal The peer wants no more; it still reads what is covered, and the core dropped the rest. */
  handleReceiverClosed(): void {
    if (!this.#is(Flag.outlastsClose)) this.#giveUpUncovered(receiverGone("closed"));
    this.#peerReceiver.close({ graceful: true });
  }

  /** @internal The peer reads nothing any more; the core dropped what was queued. */
  handleReceiverFinished(graceful: boolean): void {
    this.#giveUp(receiverGone(graceful ? "closed" : "dropped"));
    this.#peerReceiver.finish({ graceful });
  }

  /** @internal The connection is being closed: what is covered is still sent, the rest is not. */
  handleClosing(error: ErrorSource): void {
    this.#giveUpUncovered(error);
    this.#set(Flag.muted);
  }

  /** @internal The connection is being closed, and ports that were never requested have been told so. */
  handleClosed(error: CuttleError): void {
    this.#opened?.reject(error);
    this.#peerReceiver.fail(error);
    this.#inbox.fail(error);
  }

  /** @internal The request was refused, or with the connection everything ended. */
  handleFailed(error: CuttleError): void {
    this.#set(Flag.muted);
    this.#giveUp(() => error);
    this.handleClosed(error);
  }

  #is(flag: number): boolean {
    return (this.#flags & flag) !== 0;
  }

  #set(flag: number): void {
    this.#flags |= flag;
  }

  get #peerReceiver(): PeerReceiver {
    this.#receiver ??= new PeerReceiver();
    return this.#receiver;
  }

  /** What comes is kept until a message is whole. */
  #takeWhole(): void {
    if (!this.#is(Flag.takesPieces)) return;
    this.#flags &= ~Flag.takesPieces;
    this.#limitMessages();
  }

  #limitMessages(): void {
    this.#host.core.setMaxMessage(this.key, this.#inbox.maxMessageBytes ?? Number.POSITIVE_INFINITY);
  }

  /** Why a message is not even queued. */
  #refusal(bytes: Bytes, signal: AbortSignal | undefined): { reason: unknown } | undefined {
    if (Given.wasSent(bytes)) return { reason: sentTwice() };
    if (signal?.aborted) return { reason: signal.reason };
    if (this.#sendError !== undefined) return { reason: this.#sendError() };
    if (!this.#is(Flag.sendFinished)) return undefined;
    return { reason: new CuttleError("local_closed", "the channel was closed on this side") };
  }

  #giveUpUncovered(error: ErrorSource): void {
    this.#sendError ??= error;
    this.#outbox?.giveUpUncovered(error);
  }

  #giveUp(error: ErrorSource): void {
    this.#sendError ??= error;
    this.#outbox?.giveUp(error);
  }

  /** As {@link #feed}; somebody waits for what leaves. */
  #advance(): void {
    if (this.#is(Flag.muted)) return;
    this.#feed();
    this.#host.hurry();
  }

  /** Gives the core what it can have: messages until one has to wait, then the end. */
  #feed(): void {
    if (this.#is(Flag.muted)) return;
    this.#outbox?.advance();
    if (this.#is(Flag.sendFinished) && this.#outbox?.isAllQueued !== false) this.#host.core.finishSend(this.key);
  }
}
