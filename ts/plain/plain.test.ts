import { expect, test } from "vitest";
import * as bin from "../channel/bin.ts";
import { CuttleError } from "../errors/error.ts";
import { registerClass } from "./classes.ts";
import { receiveHalf } from "./halves.ts";
import { PlainReader } from "./reader.ts";
import { PlainWriter } from "./writer.ts";

const nothingLive = { stacks: false, isByReference: () => false, write: () => false, read: () => undefined };

function encoded(value: unknown): Uint8Array {
  const writer = new PlainWriter(nothingLive, 1 << 24);
  writer.any(value);
  return writer.take();
}

function decoded(bytes: Uint8Array): unknown {
  return new PlainReader(bytes, nothingLive).value();
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return CuttleError.is(error) ? error.code : String(error);
  }
  return undefined;
}

class Box {
  readonly content: unknown;
  constructor(content: unknown) {
    this.content = content;
  }
}
registerClass({ name: "Box", class: Box, encode: (box) => box.content, decode: (content) => new Box(content) });

function nested(depth: number): Box {
  let box = new Box(0);
  for (let at = 1; at < depth; at++) box = new Box(box);
  return box;
}

test("instances of classes in each other are limited in depth as all containers, on both sides", () => {
  expect(decoded(encoded(nested(50)))).toEqual(nested(50));
  expect(codeOf(() => encoded(nested(100_000)))).toBe("local_encode");
  const one = encoded(nested(1)).subarray(0, -1);
  const bytes = new Uint8Array(100_000 * one.length).map((_, at) => one[at % one.length] as number);
  expect(codeOf(() => decoded(bytes))).toBe("peer_decode");
});

test("a date holds a number and no other date", () => {
  for (const date of [new Date(0), new Date(1_234_567_890_123), new Date(Number.NaN)]) {
    expect(decoded(encoded(date))).toEqual(date);
  }
  expect(codeOf(() => decoded(new Uint8Array(100_000).fill(0xc1)))).toBe("peer_decode");
  expect(codeOf(() => decoded(Uint8Array.of(0xc1, 0xf6)))).toBe("peer_decode");
});

test("a bigint of 64 KiB passes, a larger one is refused on either side", () => {
  const largest = (1n << 524_288n) - 1n;
  for (const value of [0n, -1n, largest, -largest]) expect(decoded(encoded(value))).toBe(value);
  expect(codeOf(() => encoded(largest + 1n))).toBe("local_encode");
  const bytes = new Uint8Array(65_541 + 1).fill(1);
  bytes.set([0xc2, 0x5a, 0, 1, 0, 1]);
  expect(codeOf(() => decoded(bytes))).toBe("peer_decode");
});

test("D06: an error with the name of a class or of an inherited member is an Error, and no class is made by name", () => {
  for (const name of ["constructor", "toString", "__proto__", "Function", "Map", "CuttleError"]) {
    const error = new Error("no");
    error.name = name;
    const got = decoded(encoded(error)) as Error;
    expect(Object.getPrototypeOf(got)).toBe(Error.prototype);
    expect([got.name, got.message]).toEqual([name, "no"]);
  }
});

test("D06: a chain of causes is limited in depth as all containers, and a message in length", () => {
  let chain = new Error("first");
  for (let i = 0; i < 1_000; i++) chain = new Error("next", { cause: chain });
  expect(codeOf(() => encoded(chain))).toBe("local_encode");
  expect((decoded(encoded(new Error("m".repeat(1e6)))) as Error).message.length).toBe(4096);
});

test("an error takes along own members, but nothing that errors inherit or that makes it a promise", () => {
  const error = Object.assign(new TypeError("no"), { code: "E_NO", hint: { at: 3 } });
  expect(decoded(encoded(error))).toMatchObject({ message: "no", code: "E_NO", hint: { at: 3 } });
  // biome-ignore lint/suspicious/noThenProperty: that is what is tested.
  const odd = Object.assign(new Error("odd"), { toString: 1, then: 2, hasOwnProperty: 3, fine: 4 });
  const got = decoded(encoded(odd)) as Error & Record<string, unknown>;
  expect(Object.keys(got)).toEqual(["fine"]);
  expect(`${got}`).toBe("Error: odd");
});

test("a channel half whose kind or shape is none is refused", () => {
  const [, rx] = bin.channel();
  const shapes: [kind: number, shape: unknown][] = [
    [0, { port: -1 }],
    [0, { port: 1, max_item_size: 5 }],
    [6, { rx: { port: 2 ** 32 } }],
    [9, null],
    [11, { bin_sender: { port: 1 }, size_mode: { Known: 3n }, bytes_written: 0n }],
    [11, { bin_sender: null, size_mode: { Unknown: { port: 1 } }, bytes_written: 0n }],
    [11, { bin_sender: null, size_mode: { Known: 3n }, bytes_written: -1n }],
    [11, { bin_sender: null, size_mode: { Known: 3n, Unknown: 3n }, bytes_written: 0n }],
    [11, { bin_sender: null, size_mode: null, bytes_written: 0n }],
    [12, { bin_receiver: null, size: { Determined: 3n } }],
    [12, { bin_receiver: rx, size: { Determined: 1n << 64n } }],
    [12, { bin_receiver: rx, size: { Determined: 3n, Undetermined: 3n } }],
    [12, { bin_receiver: rx, size: { Undetermined: rx } }],
    [13, { port: 1 }],
  ];
  for (const [kind, shape] of shapes) expect(codeOf(() => receiveHalf(kind, shape, {} as never))).toBe("peer_decode");
});
