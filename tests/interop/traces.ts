/** Traces of whole connections: what is recorded, with which scenarios, and how one is kept. */

import { json, postbag } from "../../ts/index.ts";
import { count, type Route, requestCount } from "../scenarios/index.ts";

/** One frame: a message of a WebSocket. */
export interface TracedFrame {
  dir: "us>peer" | "peer>us";
  hex: string;
}

/** A connection from the first to the last frame. */
export interface Trace {
  title: string;
  /** The remoc release of the peer. */
  peer: string;
  codec: string;
  /** Name in {@link traced}. */
  scenario: string;
  /** Our option of the same name; it chooses our port numbers. */
  seed: number;
  frames: TracedFrame[];
}

/** What is traced: few frames, yet all that a connection needs from Hello to Goodbye. */
export const traced: Record<string, { title: string; run(route: Route): Promise<unknown> }> = {
  count: {
    title: "the page asks for a count to 4 and receives it",
    run: (route) => count(route, { upTo: [4] }),
  },
  "request-count": {
    title: "the page counts to 5 and to 2 for the peer",
    run: (route) => requestCount(route, { upTo: [2] }),
  },
};

/** Both codecs by name. */
export const codecs = { postbag, json };

/** Bytes as text. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Text as bytes. */
export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
