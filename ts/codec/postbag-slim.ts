import { type Codec, codecOf } from "./codec.ts";
import { PostbagSlimReader } from "./postbag-slim-reader.ts";
import { PostbagSlimWriter } from "./postbag-slim-writer.ts";

/**
 * Postbag 0.4 in its slim form without names: fields and variants are told apart by their place in the declaration,
 * so a struct may only grow or shrink at its end.
 */
export const postbagSlim: Codec = /* @__PURE__ */ codecOf({
  name: "postbagSlim",
  writer: (subject, maxBytes) => new PostbagSlimWriter(subject, maxBytes),
  reader: (subject, bytes) => new PostbagSlimReader(subject, bytes),
});
