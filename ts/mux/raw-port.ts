import { CuttleError } from "../errors/error.ts";
import type { AbortOptions } from "../util/abort.ts";
import { wholeOf } from "../util/pieces.ts";
import { type BridgeObserver, joinPorts } from "./bridge.ts";
import type { PortRequest } from "./inbox.ts";
import type { Mux } from "./mux.ts";
import type { Port } from "./port.ts";
import type { PortStats } from "./port-stats.ts";
import type { Priority } from "./priority.ts";

/** What {@link RawPort.receive} brings: a message, requests for ports, or the size of a message above the limit. */
export type RawMessage =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "ports"; readonly requests: readonly IncomingPort[] }
  | { readonly kind: "too-large"; readonly sizeBytes: number };

/**
 * What {@link RawPort.receivePiece} brings: as much of a message as there is. When a `first` one comes before the `last` one
 * of the message before, the sender has given that up; so it has when the end comes before it.
 */
export type RawPiece = { readonly first: boolean; readonly last: boolean } & (
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "ports"; readonly requests: readonly IncomingPort[] }
);

/** A request of the other side for a port. To be accepted or rejected, once; it keeps a place until then. */
export class IncomingPort {
  /** The label that the other side gave it. */
  readonly id: number;
  /** The number by which the other side names the port. */
  readonly remoteNumber: number;
  /** It came over a port, in a list, and not by itself. */
  readonly isInList: boolean;
  readonly #mux: Mux;
  readonly #request: PortRequest;
  #answered = false;

  /** @internal */
  constructor(mux: Mux, request: PortRequest, isInList: boolean) {
    this.#mux = mux;
    this.#request = request;
    this.id = request.id;
    this.remoteNumber = request.peerPort;
    this.isInList = isInList;
  }

  /** Accepts it; the port can be used at once. Throws `local_limit`, and has then rejected it for want of ports. */
  accept(): RawPort {
    this.#answer();
    return new RawPort(this.#mux, this.#mux.accept(this.#request));
  }

  /** Rejects it, with `noPorts` for want of ports. */
  reject({ noPorts = false }: { noPorts?: boolean } = {}): void {
    this.#answer();
    if (noPorts) this.#mux.refuseForWant(this.#request);
    else this.#mux.refuse([this.#request]);
  }

  #answer(): void {
    if (this.#answered) throw new CuttleError("local_misuse", "this request for a port was answered before");
    this.#answered = true;
  }
}

/** A port: messages of bytes, and requests for further ports, in both directions, each of which ends on its own. */
export class RawPort {
  /** The number by which the other side names it. */
  readonly number: number;
  readonly #mux: Mux;
  readonly #port: Port;
  #writer: MessageWriter | undefined;

  /** @internal */
  constructor(mux: Mux, port: Port) {
    this.#mux = mux;
    this.#port = port;
    this.number = port.number;
  }

  /** Resolves when the other side accepted it; rejects with `remote_rejected`, or with the connection's end. */
  get opened(): Promise<void> {
    return this.#port.opened;
  }

  /** Messages larger than this are skipped, and received as `too-large`; default no limit. Not for {@link receivePiece}. */
  set maxMessageBytes(bytes: number) {
    this.#port.maxMessageBytes = bytes;
  }

  /** Where its messages stand among those of other ports. */
  set priority(priority: Priority) {
    this.#port.priority = priority;
  }

  /**
   * Sends a message, which is lent until this resolves: when the other side's credit for it is in hand, or else when it
   * left. Rejects with `remote_closed` when the other side reads no more, with `local_closed` after {@link finishSend},
   * with the connection's end, or with the abort reason; an aborted message that left in part is discarded there.
   */
  async send(bytes: Uint8Array, { signal }: AbortOptions = {}): Promise<void> {
    this.#assertNoWriter();
    await this.#port.send(bytes, [], { signal });
  }

  /** Begins a message whose length is not known; to be ended or cancelled before anything else is sent. */
  startMessage(): MessageWriter {
    this.#assertNoWriter();
    const writer = new MessageWriter(this.#port, () => {
      this.#writer = undefined;
    });
    this.#writer = writer;
    return writer;
  }

  /**
   * Requests ports over this one, with the labels `ids`, or as many as `ids` says. Resolves with them, in order, when the
   * list was sent as {@link send} says; each has its own {@link opened}. Rejects as {@link send}, and with `local_limit`
   * when there are too many ports here.
   */
  async connect(ids: number | readonly number[], { signal }: AbortOptions = {}): Promise<RawPort[]> {
    this.#assertNoWriter();
    const labels: readonly (number | undefined)[] = typeof ids === "number" ? Array(ids).fill(undefined) : ids;
    if (labels.length === 0) return [];
    const ports: Port[] = [];
    try {
      for (const label of labels) {
        const port = this.#mux.reserve();
        ports.push(port);
        port.id = label ?? port.number;
      }
    } catch (error) {
      this.#mux.abandon(ports, error);
      throw error;
    }
    await this.#port.sendList(ports, signal);
    return ports.map((port) => new RawPort(this.#mux, port));
  }

  /** The next message, whole, or undefined at the end. One call at a time. Rejects when the connection failed. */
  async receive(): Promise<RawMessage | undefined> {
    const message = await this.#port.receive();
    if (message?.kind === "ports") return { kind: "ports", requests: this.#incoming(message.requests) };
    return message?.kind === "bytes" ? { kind: "bytes", bytes: wholeOf(message.bytes) } : message;
  }

  /**
   * What is there of the next message, as soon as there is something, or undefined at the end. The other side may send as
   * much more only when this is called again, so messages of any length need no more than a window of memory.
   */
  async receivePiece(): Promise<RawPiece | undefined> {
    const piece = await this.#port.receivePiece();
    if (piece?.kind !== "ports") return piece;
    const { first, last } = piece;
    return { kind: "ports", requests: this.#incoming(piece.requests), first, last };
  }

  /** Messages of bytes until the end. Requests for ports are rejected; leaving the loop calls {@link finishReceive}. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const message = await this.receive();
        if (message === undefined) return;
        if (message.kind === "bytes") yield message.bytes;
        else if (message.kind === "ports") for (const request of message.requests) request.reject();
      }
    } finally {
      this.finishReceive();
    }
  }

  /**
   * Resolves when the other side reads no more: `closed` when it still reads what is under way, `dropped` when not. Rejects
   * when the connection ends before.
   */
  async closed(): Promise<"closed" | "dropped"> {
    const { graceful } = await this.#port.receiverClosed;
    return graceful ? "closed" : "dropped";
  }

  /** How it stands. */
  stats(): PortStats {
    return this.#port.stats();
  }

  /** Asks the other side to send no more; what is under way still comes. */
  closeReceive(): void {
    this.#port.closeReceive();
  }

  /** Receives no more: what comes is dropped, and requests in it are rejected. */
  finishReceive(): void {
    this.#port.finishReceive();
  }

  /** Sends no more. What was given to {@link send} before still goes out. */
  finishSend(): void {
    this.#port.finishSend();
  }

  /** Ends both directions. */
  finish(): void {
    this.#port.finish();
  }

  /**
   * Joins this port with one of another connection: messages piece by piece, requests for ports with their labels and
   * answers, and the ends of each direction go from one to the other, also on the ports that are requested. Neither is
   * to be used any more. What one side has not taken is not paid to the other. Resolves when all of them have ended;
   * rejects with the first thing that went wrong, and then all that belonged to it was ended, too.
   */
  async forward(other: RawPort): Promise<void> {
    const underWay = new Set<Promise<void>>();
    const failures: unknown[] = [];
    const observer: BridgeObserver = {
      began(_to, done) {
        underWay.add(done);
        void done.then(() => underWay.delete(done));
      },
      broken(error, one, another) {
        failures.push(error);
        one.port.finish();
        another.port.finish();
      },
    };
    await joinPorts({ mux: this.#mux, port: this.#port }, { mux: other.#mux, port: other.#port }, observer);
    while (underWay.size > 0) await Promise.all(underWay);
    if (failures.length > 0) throw failures[0];
  }

  #incoming(requests: readonly PortRequest[]): IncomingPort[] {
    return requests.map((request) => new IncomingPort(this.#mux, request, true));
  }

  #assertNoWriter(): void {
    if (this.#writer === undefined) return;
    throw new CuttleError("local_misuse", "a message was begun on this port: end or cancel it before the next one");
  }
}

/** A message that is sent piece by piece. */
export class MessageWriter {
  readonly #port: Port;
  readonly #release: () => void;
  #first = true;
  #over = false;

  /** @internal */
  constructor(port: Port, release: () => void) {
    this.#port = port;
    this.#release = release;
  }

  /** Sends a piece; as `RawPort.send`. An empty one is nothing. */
  async send(bytes: Uint8Array, { signal }: AbortOptions = {}): Promise<void> {
    this.#assertOpen();
    if (bytes.length === 0) return;
    const first = this.#first;
    this.#first = false;
    await this.#port.sendPart(bytes, { first, last: false }, signal);
  }

  /** Sends the last piece; by default an empty one. */
  async end(bytes: Uint8Array = NO_BYTES, { signal }: AbortOptions = {}): Promise<void> {
    this.#assertOpen();
    this.cancel();
    await this.#port.sendPart(bytes, { first: this.#first, last: true }, signal);
  }

  /** Gives the message up. The other side learns that with the next message, or with the end. */
  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#release();
  }

  #assertOpen(): void {
    if (this.#over) throw new CuttleError("local_misuse", "the message was ended or cancelled before");
  }
}

const NO_BYTES = new Uint8Array(0);
