import { connectTransport } from "../../../ts/connect/connect.ts";
import type { Connection, ConnectOptions, CuttleError } from "../../../ts/index.ts";
import type { Transport, TransportSink } from "../../../ts/transport/transport.ts";
import { VirtualClock } from "./clock.ts";
import { until } from "./wait.ts";

/**
 * A peer that says exactly what a test writes by hand, and records what it is told. Bytes are written as hex here and
 * nowhere taken from the core, so that both can be wrong in different ways only.
 */
export class Scripted implements Transport {
  readonly kind = "scripted";
  /** What was sent to the peer, in hex. */
  readonly said: string[] = [];
  /** Room for what is sent to the peer. */
  room = 1 << 20;
  /** Calls of {@link Transport.flush}. */
  flushes = 0;
  closed = false;
  /** Sees every frame sent to the peer, as the transport gets it. */
  onSend: (frame: Uint8Array) => void = () => {};
  #sink: TransportSink | undefined;

  async start(sink: TransportSink): Promise<void> {
    this.#sink = sink;
  }

  capacity(): number {
    return this.room;
  }

  send(frame: Uint8Array): void {
    this.said.push(Buffer.from(frame).toString("hex"));
    this.onSend(frame);
  }

  flush(): void {
    this.flushes += 1;
  }

  close(): void {
    this.closed = true;
  }

  /** The peer sends frames, all in one task. */
  says(...frames: (string | Uint8Array)[]): void {
    for (const frame of frames) {
      if (!this.closed) this.#sink?.frame(typeof frame === "string" ? hex(frame) : frame);
    }
  }

  /** The carrier ends. */
  ends(reason = "the script ended"): void {
    if (!this.closed) this.#sink?.ended({ reason });
  }

  /** The carrier fails. */
  fails(error: CuttleError): void {
    if (!this.closed) this.#sink?.failed(error);
  }

  /** There is room again. */
  drains(room = 1 << 20): void {
    this.room = room;
    this.#sink?.writable();
  }

  /** Waits until a frame that starts so was sent to the peer, and returns the newest. */
  async hears(start: string): Promise<string> {
    const find = (): string | undefined => this.said.findLast((frame) => frame.startsWith(start));
    await until(
      () => find() !== undefined,
      () => `a frame starting with ${start} was sent; there were ${this.said.join(" ")}`,
    );
    return find() as string;
  }
}

/** Bytes of hex digits; spaces do not count. */
export function hex(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits.replaceAll(" ", ""), "hex"));
}

/** A u32 in little endian, in hex. */
export function u32(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes.toString("hex");
}

/** What a Hello announces; sizes in bytes. */
export interface HelloFields {
  version?: number;
  timeoutMs?: bigint;
  chunk?: number;
  window?: number;
  queue?: number;
}

/** A Hello of remoc 0.18, 26 bytes. */
export function hello({
  version = 3,
  timeoutMs = 60_000n,
  chunk = 16_384,
  window = 65_536,
  queue = 128,
}: HelloFields = {}): string {
  const timeout = Buffer.alloc(8);
  timeout.writeBigUInt64LE(timeoutMs);
  const connectQueue = Buffer.alloc(2);
  connectQueue.writeUInt16LE(queue);
  const versionHex = version.toString(16).padStart(2, "0");
  return `02 43484d555800 ${versionHex}${timeout.toString("hex")}${u32(chunk)}${u32(window)}${connectQueue.toString("hex")}`;
}

/** Frames of the peer; `port` is always the receiver's number. */
export const frames = {
  reset: "01",
  ping: "03",
  openPort: (number: number): string => `04${u32(number)}03${u32(number)}`,
  portOpened: (port: number, number: number): string => `05${u32(port)}${u32(number)}`,
  rejected: (port: number): string => `06${u32(port)}00`,
  /** A header; its payload is the next frame. Flags: 1 first, 2 last. */
  data: (port: number, flags = 3): string => `07${u32(port)}0${flags.toString(16)}`,
  portData: (port: number, numbers: readonly number[], flags = 0x0f): string =>
    `08${u32(port)}0${flags.toString(16)}${numbers.map((number) => u32(number) + u32(number)).join("")}`,
  credits: (port: number, amount: number): string => `09${u32(port)}${u32(amount)}`,
  sendFinish: (port: number): string => `0a${u32(port)}`,
  receiveClose: (port: number): string => `0b${u32(port)}`,
  receiveFinish: (port: number): string => `0c${u32(port)}`,
  clientFinish: "0d",
  listenerFinish: "0e",
  goodbye: "0f",
};

/** The numbers that the scripted peer gives its base ports. */
export const PEER = { opened: 0x11, accepted: 0x22 };

/** A connection to a scripted peer, after its base channels were opened. */
export interface Established<Tx, Rx> {
  readonly peer: Scripted;
  readonly clock: VirtualClock;
  readonly conn: Connection<Tx, Rx>;
  /** Our number of the port that carries what we send. */
  readonly tx: number;
  /** Our number of the port that carries what we receive. */
  readonly rx: number;
}

/** Options with a virtual clock, and seeds that are the same in every run. */
export function options<Tx, Rx>(clock: VirtualClock, given: ConnectOptions<Tx, Rx> = {}): ConnectOptions<Tx, Rx> {
  return { clock, seed: 1000, ...given };
}

/** Starts to connect, without a word of the peer so far. */
export function connecting<Tx = null, Rx = null>(
  given: ConnectOptions<Tx, Rx> = {},
): { peer: Scripted; clock: VirtualClock; connected: Promise<Connection<Tx, Rx>> } {
  const clock = new VirtualClock();
  const peer = new Scripted();
  return { peer, clock, connected: connectTransport(peer, options(clock, given)) };
}

/** Connects to a scripted peer that does everything right. */
export async function established<Tx = null, Rx = null>(
  given: ConnectOptions<Tx, Rx> = {},
  fields: HelloFields = {},
): Promise<Established<Tx, Rx>> {
  const { peer, clock, connected } = connecting(given);
  peer.says(frames.reset, hello(fields), frames.openPort(PEER.opened));
  const tx = numberAt(await peer.hears("04"), 1);
  peer.says(frames.portOpened(tx, PEER.accepted));
  const conn = await connected;
  const rx = numberAt(await peer.hears(`05${u32(PEER.opened)}`), 5);
  await peer.hears(`0c${u32(PEER.accepted)}`);
  peer.says(
    frames.listenerFinish,
    frames.clientFinish,
    // The halves that nobody uses: we send on `tx` only, and receive on `rx` only.
    frames.sendFinish(tx),
    frames.receiveFinish(rx),
  );
  return { peer, clock, conn, tx, rx };
}

/** The u32 at a byte offset of a frame. */
export function numberAt(frame: string, offset: number): number {
  return Buffer.from(frame, "hex").readUInt32LE(offset);
}
