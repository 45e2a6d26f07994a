import { oneshot } from "../../ts/index.ts";
import { differences } from "./differences.ts";
import { type Ending, type Route, session } from "./session.ts";
import { Echo, Everything } from "./types.ts";

/** Sends values of every shape and compares what comes back; one list of differences for each value. */
export async function echo(route: Route): Promise<{ differences: string[][]; ending: Ending }> {
  const samples = samplesFor(route.codec.name);
  return await session(route, "echo", { send: Echo }, async (conn) => {
    const found: string[][] = [];
    for (const value of samples) {
      const [reply, answer] = oneshot.channel(Everything);
      await conn.tx.send({ value, reply });
      found.push(differences(value, await answer.recv()));
    }
    return { differences: found };
  });
}

/** Values of every shape. JSON cannot carry the numbers that are none; self-describing codecs not that `Some(None)` is no `None`. */
export function samplesFor(codec: string): Everything[] {
  const binary = codec !== "json";
  const nests = !["json", "cbor", "messagePack"].includes(codec);
  return [small, lowest(binary, nests), highest(binary), many(binary)];
}

const small: Everything = {
  flag: false,
  u8: 0,
  u16: 0,
  u32: 0,
  u64: 0n,
  u128: 0n,
  i8: 0,
  i16: 0,
  i32: 0,
  i64: 0n,
  i128: 0n,
  f32: 0,
  f64: 0,
  char: "a",
  text: "",
  bytes: new Uint8Array(0),
  byte_list: new Uint8Array(0),
  maybe: null,
  maybe_maybe: null,
  list: [],
  tuple: [0, false, ""],
  array: [0, 0, 0],
  map: new Map(),
  number_map: new Map(),
  set: new Set(),
  nested: { id: 0, label: null },
  unit_struct: null,
  newtype: 0,
  tuple_struct: [0, 0],
  shapes: [],
  result: { Ok: 0 },
  duration: { secs: 0n, nanos: 0 },
  unit: null,
};

function lowest(binary: boolean, nests: boolean): Everything {
  return {
    ...small,
    i8: -0x80,
    i16: -0x8000,
    i32: -0x8000_0000,
    i64: -(2n ** 63n),
    i128: -(2n ** 127n),
    f32: binary ? Number.NEGATIVE_INFINITY : -3.4028234663852886e38,
    f64: binary ? Number.NaN : -Number.MAX_VALUE,
    char: "\0",
    maybe: 0,
    maybe_maybe: nests ? { some: null } : null,
    newtype: -0,
    tuple_struct: [-0x8000_0000, -1],
    shapes: ["Empty"],
    result: { Err: "" },
  };
}

function highest(binary: boolean): Everything {
  return {
    flag: true,
    u8: 0xff,
    u16: 0xffff,
    u32: 0xffff_ffff,
    u64: 2n ** 64n - 1n,
    u128: 2n ** 128n - 1n,
    i8: 0x7f,
    i16: 0x7fff,
    i32: 0x7fff_ffff,
    i64: 2n ** 63n - 1n,
    i128: 2n ** 127n - 1n,
    f32: binary ? Number.POSITIVE_INFINITY : 3.4028234663852886e38,
    f64: Number.MAX_VALUE,
    char: "\u{10ffff}",
    text: '\u{1f991} "quoted" \\ \u0000 \u2028 \ud7ff\ue000 ä',
    bytes: Uint8Array.from({ length: 256 }, (_, i) => i),
    byte_list: Uint8Array.from({ length: 256 }, (_, i) => 255 - i),
    maybe: 0xffff_ffff,
    maybe_maybe: { some: 0xffff_ffff },
    list: ["", "two", "\u{1f991}"],
    tuple: [0xffff_ffff, true, "tuple"],
    array: [1, 0xffff, 2],
    map: new Map([
      ["", 0],
      ["__proto__", 1],
      ["constructor", 2],
      ["key", 3],
    ]),
    number_map: new Map([
      [0, "zero"],
      [10, "ten"],
      [0xffff_ffff, ""],
    ]),
    set: new Set([1, 2, 0xffff_ffff]),
    nested: { id: 0xffff_ffff, label: "label" },
    unit_struct: null,
    newtype: Number.MIN_VALUE,
    tuple_struct: [0x7fff_ffff, 1],
    shapes: ["Empty", { Circle: 1.5 }, { Rectangle: [1, 0xffff_ffff] }, { Label: { text: "text", size: 255 } }],
    result: { Ok: 0xffff_ffff },
    duration: { secs: 2n ** 64n - 1n, nanos: 999_999_999 },
    unit: null,
  };
}

/** Spans many chunks, in the value and in its answer. */
function many(binary: boolean): Everything {
  return {
    ...highest(binary),
    text: "cuttle\u{1f991}".repeat(5_000),
    bytes: Uint8Array.from({ length: 50_000 }, (_, i) => i * 7),
    list: Array.from({ length: 2_000 }, (_, i) => `item ${i}`),
    number_map: new Map(Array.from({ length: 2_000 }, (_, i) => [i, String(i)])),
    shapes: Array.from({ length: 500 }, (_, i) => ({ Rectangle: [i, i * i] as const })),
    result: { Err: "err".repeat(1_000) },
  };
}
