/**
 * A slow link: a TCP proxy with a token bucket, a bounded queue and a delay in each direction.
 *
 * What the kernel keeps in the sockets around the proxy comes on top of the queue: on loopback up to a few megabytes in
 * front of it, which only a sender notices that gives everything away at once.
 */

import { once } from "node:events";
import { type AddressInfo, createServer, connect as dial, type Socket } from "node:net";

/** One link; both directions are alike and do not share anything. */
export interface LinkOptions {
  /** Where connections go. */
  toPort: number;
  bytesPerSecond: number;
  /** Bytes that may wait in the proxy; when there are more it stops reading. A read may exceed it by 64 KiB. */
  queueBytes: number;
  /** Time that every byte takes after its turn has come, one way. */
  delayMs: number;
}

/** A running proxy. */
export interface Link {
  readonly port: number;
  /** Cuts all connections. Resolves when it does not listen any more. */
  close(): Promise<void>;
}

/** Opens the proxy on a free port of 127.0.0.1. */
export async function openLink(options: LinkOptions): Promise<Link> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = dial({ port: options.toPort, host: "127.0.0.1", noDelay: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {}); // `close` follows, and ends the other one.
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    new Lane(near, far, options).start();
    new Lane(far, near, options).start();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** The bucket holds what the link carries in this time: timers come about every millisecond. */
const BURST_MS = 2;

/** One direction of one connection. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #options: LinkOptions;
  /** Bytes whose turn has not come. */
  readonly #queue: Buffer[] = [];
  #queued = 0;
  #tokens = 0;
  #filledAt = performance.now();
  /** Bytes that are on their way, and when they arrive. */
  readonly #underWay: { at: number; bytes: Buffer }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(from: Socket, to: Socket, options: LinkOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
  }

  start(): void {
    this.#from.on("data", (bytes: Buffer) => {
      this.#queue.push(bytes);
      this.#queued += bytes.length;
      if (this.#queued >= this.#options.queueBytes) this.#from.pause();
      this.#step();
    });
    this.#from.on("end", () => this.#to.destroySoon());
    this.#to.on("close", () => clearTimeout(this.#timer));
  }

  /** Moves what may move now, and comes back when more may. */
  #step(): void {
    const now = performance.now();
    this.#refill(now);
    this.#depart(now);
    while (this.#underWay[0] !== undefined && this.#underWay[0].at <= now) {
      this.#to.write((this.#underWay.shift() as { bytes: Buffer }).bytes);
    }
    if (this.#timer !== undefined || (this.#queued === 0 && this.#underWay.length === 0)) return;
    const nextMs = this.#queued > 0 ? 1 : Math.max(1, (this.#underWay[0]?.at ?? now) - now);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#step();
    }, nextMs);
  }

  #refill(now: number): void {
    const perMs = this.#options.bytesPerSecond / 1000;
    this.#tokens = Math.min(this.#tokens + (now - this.#filledAt) * perMs, this.#burst(perMs, now));
    this.#filledAt = now;
  }

  /** A timer that came late must not cost the link what it could have carried while there was something to carry. */
  #burst(perMs: number, now: number): number {
    return perMs * (this.#queued > 0 ? Math.max(BURST_MS, now - this.#filledAt + BURST_MS) : BURST_MS);
  }

  #depart(now: number): void {
    while (this.#queued > 0 && this.#tokens >= 1) {
      const first = this.#queue[0] as Buffer;
      const length = Math.min(first.length, Math.floor(this.#tokens));
      this.#underWay.push({ at: now + this.#options.delayMs, bytes: first.subarray(0, length) });
      if (length === first.length) this.#queue.shift();
      else this.#queue[0] = first.subarray(length);
      this.#queued -= length;
      this.#tokens -= length;
    }
    if (this.#from.isPaused() && this.#queued < this.#options.queueBytes) this.#from.resume();
  }
}
