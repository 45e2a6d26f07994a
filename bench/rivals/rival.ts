/** What every library in the benchmarks is asked to do, so that one measurement serves all. */

/** Where a client connects: a WebSocket URL, or a worker that this page started. */
export type Place = string | Worker;

/**
 * How much a library does for its user: `value` carries typed or structured values and calls; `bytes` carries streams
 * of bytes; `raw` is the carrier itself with the least code that can do the task, the ceiling for all others.
 */
export type Level = "value" | "bytes" | "raw";

/** One connected client. Every promise rejects when the connection is lost. */
export interface Client {
  /** Sends a number (32 bits, unsigned) and resolves with the same number from the other side. */
  call(value: number): Promise<number>;
  /** Sends bytes as one value, where the library has values; resolves with the length that arrived. */
  upload(bytes: Uint8Array): Promise<number>;
  /** Sends `count` numbers that are not answered, spread over `channels`; resolves when all have arrived. */
  push?(count: number, channels: number): Promise<void>;
  /** As {@link Client.push}, in the other direction. */
  pull?(count: number, channels: number): Promise<void>;
  /** Sends `count` messages of 64 KiB, each in a fresh buffer, with back-pressure; resolves when all have arrived. */
  bulkUp?(count: number): Promise<void>;
  /** As {@link Client.bulkUp}, in the other direction. */
  bulkDown?(count: number): Promise<void>;
  close(): void | Promise<void>;
}

/** The side that connects; runs in a page and in Node. */
export interface Rival {
  readonly name: string;
  readonly level: Level;
  /** Resolves when calls can be made. */
  connect(place: Place): Promise<Client>;
  /** Plays the server's part in a worker of a page; left out where the library has no carrier for that. */
  answer?(worker: WorkerScope): void;
}

/** A worker's `self`, as far as it is used. */
export type WorkerScope = Pick<Worker, "postMessage" | "addEventListener" | "removeEventListener">;

/** The side in Node: listens on a free port of 127.0.0.1 and resolves with the URL. Ends with its process. */
export type Serve = () => Promise<string>;

/** Bytes of one message in the bulk transfers. */
export const BULK_BYTES = 64 * 1024;
