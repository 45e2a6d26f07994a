import { type Codec, codecOf } from "./codec.ts";
import { VarintReader } from "./varint-reader.ts";
import { VarintWriter } from "./varint-writer.ts";

/** Postcard 1: nothing but the values. Both sides must declare the same fields and variants in the same order. */
export const postcard: Codec = /* @__PURE__ */ codecOf({
  name: "postcard",
  keepsArrays: true,
  writer: (subject, maxBytes) => new VarintWriter(subject, maxBytes),
  reader: (subject, bytes) => new VarintReader(subject, bytes),
});
