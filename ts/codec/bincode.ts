import { BincodeReader } from "./bincode-reader.ts";
import { BincodeWriter } from "./bincode-writer.ts";
import { type Codec, codecOf } from "./codec.ts";

/** Bincode 1 (the legacy configuration of bincode 2): nothing but the values, integers of fixed width. */
export const bincode: Codec = /* @__PURE__ */ codecOf({
  name: "bincode",
  keepsArrays: true,
  writer: (subject, maxBytes) => new BincodeWriter(subject, maxBytes),
  reader: (subject, bytes) => new BincodeReader(subject, bytes),
});
