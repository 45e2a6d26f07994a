/** Connections recorded with the real remoc, replayed without it: we still emit exactly the recorded bytes. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Transport, TransportSink } from "../../ts/index.ts";
import { codecs, fromHex, type Trace, toHex, traced } from "../interop/traces.ts";

const folder = join(import.meta.dirname, "..", "interop", "golden");
const traces = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Trace);

test("all releases, codecs and scenarios are recorded", () => {
  const found = traces.map(({ scenario, peer, codec }) => `${scenario} ${peer} ${codec}`);
  const wanted = Object.keys(traced).flatMap((scenario) =>
    ["0.18.3", "0.20.5"].flatMap((peer) => Object.keys(codecs).map((codec) => `${scenario} ${peer} ${codec}`)),
  );
  expect(found.sort()).toEqual(wanted.sort());
});

test.each(traces)("remoc $peer, $codec: $title, byte for byte", async (trace) => {
  const replay = new Replay(trace);
  const codec = codecs[trace.codec as keyof typeof codecs];
  await traced[trace.scenario]?.run({ connectTo: () => replay, codec, options: { seed: trace.seed } });
  expect(replay.sent).toEqual(trace.frames.filter(({ dir }) => dir === "us>peer").map(({ hex }) => hex));
  expect(replay.remaining).toBe(0);
});

/** A transport that plays the peer's frames: each once everything that we sent before it was sent again. */
class Replay implements Transport {
  readonly kind = "replay";
  readonly sent: string[] = [];
  readonly #frames: Trace["frames"];
  #sink: TransportSink | undefined;
  /** The next recorded frame. */
  #at = 0;
  #planned = false;
  #closed = false;

  constructor(trace: Trace) {
    this.#frames = trace.frames;
  }

  /** Frames that were neither sent nor played. */
  get remaining(): number {
    return this.#frames.length - this.#at;
  }

  async start(sink: TransportSink): Promise<void> {
    this.#sink = sink;
  }

  capacity(): number {
    return 64 * 1024;
  }

  send(frame: Uint8Array): void {
    this.sent.push(toHex(frame));
    this.#plan();
  }

  flush(): void {}

  close(): void {
    this.#closed = true;
  }

  /** Every frame comes in a task of its own, as from a socket. */
  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      this.#play();
    });
  }

  #play(): void {
    const sentBefore = this.#frames.slice(0, this.#at).filter(({ dir }) => dir === "us>peer").length;
    let matched = sentBefore;
    while (this.#frames[this.#at]?.dir === "us>peer" && matched < this.sent.length) {
      this.#at += 1;
      matched += 1;
    }
    const next = this.#frames[this.#at];
    if (this.#closed || next?.dir !== "peer>us") return;
    this.#at += 1;
    this.#sink?.frame(fromHex(next.hex));
    this.#plan();
  }
}
