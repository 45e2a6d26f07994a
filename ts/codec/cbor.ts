import { CborReader } from "./cbor-reader.ts";
import { CborWriter } from "./cbor-writer.ts";
import { type Codec, codecOf } from "./codec.ts";

/** CBOR (RFC 8949) as ciborium writes it: structs are maps with names. Nested options collapse. */
export const cbor: Codec = /* @__PURE__ */ codecOf({
  name: "cbor",
  keepsArrays: true,
  writer: (subject, maxBytes) => new CborWriter(subject, maxBytes),
  reader: (subject, bytes) => new CborReader(subject, bytes),
});
