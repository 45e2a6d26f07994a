import { decode as msgpackDecode, encode as msgpackEncode } from "@msgpack/msgpack";
import { Encoder as CborEncoder } from "cbor-x";
import { Packr } from "msgpackr";
import {
  bincode,
  bincode2,
  type Codec,
  cbor,
  json,
  messagePack,
  postbag,
  postbag1,
  postbag1Slim,
  postbagSlim,
  postcard,
} from "../../ts/index.ts";
import type { Shape } from "./shapes.ts";

/** What is measured: writes the value of a shape, and reads what was written. */
export interface Subject {
  readonly name: string;
  encode(shape: Shape): unknown;
  decode(shape: Shape, encoded: unknown): unknown;
}

/** JSON as the engine has it: text, not bytes, which is what everything is measured by. Byte arrays are base64. */
export const engine: Subject = {
  name: "JSON",
  encode: ({ value }) => JSON.stringify(value instanceof Uint8Array ? base64(value) : value),
  decode: (_, text) => {
    const value: unknown = JSON.parse(text as string);
    return typeof value === "string" ? new Uint8Array(Buffer.from(value, "base64")) : value;
  },
};

/** All of them, `engine` first. */
export const subjects: readonly Subject[] = [
  engine,
  {
    name: "JSON as UTF-8",
    encode: (shape) => encoder.encode(engine.encode(shape) as string),
    decode: (shape, bytes) => engine.decode(shape, decoder.decode(bytes as Uint8Array)),
  },
  {
    name: "@msgpack/msgpack",
    encode: ({ value }) => msgpackEncode(value),
    decode: (_, bytes) => msgpackDecode(bytes as Uint8Array),
  },
  packing("msgpackr", new Packr({ useRecords: false })),
  packing("msgpackr with records", new Packr({ structures: [] })),
  packing("cbor-x", new CborEncoder({ useRecords: false, tagUint8Array: false })),
  ...[postbag, postbagSlim, postbag1, postbag1Slim, json, cbor, messagePack, postcard, bincode, bincode2].map(ours),
];

function packing(
  name: string,
  packer: { encode(value: unknown): Uint8Array; decode(bytes: Uint8Array): unknown },
): Subject {
  return {
    name,
    encode: ({ value }) => packer.encode(value),
    decode: (_, bytes) => packer.decode(bytes as Uint8Array),
  };
}

/** As a channel calls a codec: byte arrays are referred to when they are written, and views of bytes it has alone. */
function ours(codec: Codec): Subject {
  const transport = (_: unknown, value: unknown): unknown => value;
  const encoding = { maxBytes: 64 << 20, transport };
  const decoding = { receive: transport, ownsBytes: true };
  return {
    name: `cuttle ${codec.name}`,
    encode: ({ descriptor, value }) => codec.encodePieces?.(descriptor, value, encoding),
    decode: ({ descriptor }, bytes) => codec.decode(descriptor, bytes as Uint8Array, decoding),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
