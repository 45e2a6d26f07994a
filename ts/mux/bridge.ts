import { CuttleError } from "../errors/error.ts";
import type { Piece, PortRequest } from "./inbox.ts";
import type { Mux } from "./mux.ts";
import type { Port } from "./port.ts";

/** A port of a connection. */
export interface End {
  readonly mux: Mux;
  readonly port: Port;
}

/** Who hears what becomes of joined ports. */
export interface BridgeObserver {
  /** A direction towards `to` began; `done` resolves when it is over, and never rejects. */
  began?(to: Mux, done: Promise<void>): void;
  /** A direction broke off: a connection failed or was closed, or too much was kept. */
  broken(error: unknown, one: End, other: End): void;
}

/**
 * Passes on everything between two ports of different connections: messages piece by piece, requests for ports with
 * their labels and what becomes of them, the ends of each direction and their reasons. What one side has not accepted is
 * not paid to the other, so at most a window of each direction is kept. Resolves when both directions are over; broken
 * ones are told to `observer`.
 */
export async function joinPorts(one: End, other: End, observer: BridgeObserver): Promise<void> {
  const directions = [new Direction(one, other, observer).run(), new Direction(other, one, observer).run()] as const;
  observer.began?.(other.mux, directions[0]);
  observer.began?.(one.mux, directions[1]);
  await Promise.all(directions);
}

/**
 * Requests `port` of `to` in place of `request`, which came from `from`: joins them when it is accepted, refuses when it is
 * refused. To be called when the request of `port` is under way.
 */
export async function joinRequest(
  request: PortRequest,
  from: Mux,
  { mux: to, port }: End,
  observer: BridgeObserver,
): Promise<void> {
  try {
    await port.opened;
  } catch (error) {
    if (CuttleError.is(error) && error.data.noPorts === true) from.refuseForWant(request);
    else from.refuse([request]);
    return;
  }
  let near: Port;
  try {
    near = from.accept(request);
  } catch {
    // It was refused for want of ports.
    port.finish();
    return;
  }
  await joinPorts({ mux: from, port: near }, { mux: to, port }, observer);
}

class Direction {
  readonly #from: End;
  readonly #to: End;
  readonly #observer: BridgeObserver;
  /** Of the list that is arriving. */
  #requests: PortRequest[] = [];

  constructor(from: End, to: End, observer: BridgeObserver) {
    this.#from = from;
    this.#to = to;
    this.#observer = observer;
  }

  async run(): Promise<void> {
    try {
      this.#passCloseBack();
      await this.#passPieces();
      this.#to.port.finishSend();
      // The sender may wait for it: only now has everything been read.
      await this.#to.port.receiverFinished;
      this.#from.port.finishReceive();
    } catch (error) {
      this.#observer.broken(error, this.#from, this.#to);
    }
  }

  /** What was under way before the receiver closed is still read there. */
  #passCloseBack(): void {
    const { port } = this.#to;
    port.outlastClose();
    port.receiverClosed.then(({ graceful }) => graceful && this.#from.port.closeReceive()).catch(ignore);
    port.receiverFinished.then(() => this.#from.port.finishReceive()).catch(ignore);
  }

  async #passPieces(): Promise<void> {
    try {
      for (;;) {
        const piece = await this.#from.port.receivePiece();
        if (piece === undefined) break;
        await this.#pass(piece);
      }
    } catch (error) {
      if (!CuttleError.is(error, "remote_closed")) throw error;
    } finally {
      this.#from.mux.refuse(this.#requests.splice(0));
    }
  }

  async #pass(piece: Piece): Promise<void> {
    if (piece.first) this.#from.mux.refuse(this.#requests.splice(0));
    if (piece.kind === "bytes") {
      await this.#to.port.sendPart(piece.bytes, piece);
      return;
    }
    this.#requests.push(...piece.requests);
    if (piece.last) await this.#passRequests(this.#requests.splice(0));
  }

  async #passRequests(requests: readonly PortRequest[]): Promise<void> {
    const { mux: from } = this.#from;
    const { mux: to } = this.#to;
    const joined: { request: PortRequest; port: Port }[] = [];
    for (const request of requests) {
      const port = reserveFor(request, to);
      if (port === undefined) from.refuseForWant(request);
      else joined.push({ request, port });
    }
    for (const { request, port } of joined) void joinRequest(request, from, { mux: to, port }, this.#observer);
    if (joined.length > 0) await this.#to.port.sendList(joined.map(({ port }) => port));
  }
}

/** A port of `to` under the label of `request`; undefined when there are too many. */
export function reserveFor(request: PortRequest, to: Mux): Port | undefined {
  try {
    const port = to.reserve();
    port.id = request.id;
    return port;
  } catch (error) {
    if (CuttleError.is(error, "local_limit")) return undefined;
    throw error;
  }
}

function ignore(): void {}
