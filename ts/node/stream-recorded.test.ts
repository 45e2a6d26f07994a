/** Byte streams of the real remoc, recorded: every frame behind its length, whose form changes behind the Hellos. */

import { readFileSync } from "node:fs";
import { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { CuttleError } from "../errors/error.ts";
import { tasks } from "../transport/compliance.ts";
import { recorder } from "../transport/recorder.ts";
import { FrameReader, lengthBytes } from "../transport/stream-frames.ts";
import { streamTransport } from "./stream.ts";

interface Recorded {
  readonly dir: "A>B" | "B>A";
  readonly hex: string;
  readonly prefix_bytes: number;
}

function recording(name: string): Recorded[] {
  const path = new URL(`../../wasm-core/mux/tests/vectors/remoc20-${name}.json`, import.meta.url);
  const { trace } = JSON.parse(readFileSync(path, "utf8")) as { trace: Recorded[] };
  return trace.filter(({ hex }) => hex !== undefined);
}

/** A stream whose other end is in the test. */
class Wire extends Duplex {
  written = Buffer.alloc(0);
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written = Buffer.concat([this.written, chunk]);
    done();
  }
}

const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");

test.each([
  ["40-stream", 1],
  ["41-stream-0.18.3", 4],
  ["42-stream-0.18.3-b", 4],
])("%s is read and written byte for byte by either side", async (name, lastPrefix) => {
  const frames = recording(name);
  expect(frames.at(-1)?.prefix_bytes).toBe(lastPrefix);
  for (const side of ["A>B", "B>A"]) {
    const wire = new Wire();
    const transport = streamTransport(wire, { maxFrameBytes: 40_000 });
    const sink = recorder();
    await transport.start(sink);
    for (const { dir, hex, prefix_bytes } of frames) {
      if (dir === side) {
        transport.send(bytes(hex).subarray(prefix_bytes));
        transport.flush();
      } else {
        wire.push(bytes(hex));
      }
      await tasks(1);
    }
    const of = (mine: boolean) => frames.filter(({ dir }) => (dir === side) === mine);
    expect(wire.written.toString("hex")).toBe(
      of(true)
        .map(({ hex }) => hex)
        .join(""),
    );
    expect(sink.frames.map((frame) => Buffer.from(frame).toString("hex"))).toEqual(
      of(false).map(({ hex, prefix_bytes }) => hex.slice(2 * prefix_bytes)),
    );
    transport.close();
  }
});

test("lengths as varints have every size, and are read however they are cut", () => {
  for (const length of [0, 1, 127, 128, 300, 16_383, 16_384, 2 ** 21 - 1, 2 ** 21]) {
    const frame = new Uint8Array(length).fill(7);
    const head = lengthBytes(length, "varint", 0);
    expect(head.length).toBe(Math.max(1, Math.ceil(Math.log2(length + 1) / 7)));
    for (const cut of new Set([0, head.length - 1])) {
      const reader = new FrameReader(2 ** 22, "little");
      reader.varint = true;
      reader.push(head.subarray(0, cut));
      expect(reader.next()).toBe(undefined);
      expect(reader.missingBytes > 0).toBe(cut > 0);
      reader.push(Buffer.concat([head.subarray(cut), frame]));
      expect(Buffer.from(reader.next() as Uint8Array).equals(frame)).toBe(true);
    }
  }
});

test("a length that is no varint of 32 bits, or above the limit, is an error", () => {
  for (const [hex, text] of [
    ["ffffffff1f", "no varint"],
    ["ffffffffff", "no varint"],
    ["8110", "2049"],
    ["ffffffff0f", "4294967295"],
  ] as const) {
    const reader = new FrameReader(2_048, "little");
    reader.push(bytes("0100000001"));
    expect(reader.next()).toEqual(Uint8Array.of(1));
    reader.varint = true;
    reader.push(bytes(hex));
    const error = reader.next();
    expect(CuttleError.is(error, "peer_protocol")).toBe(true);
    expect(String(error)).toContain(text);
  }
});
