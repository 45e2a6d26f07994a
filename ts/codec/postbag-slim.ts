import { type Codec, codecOf } from "./codec.ts";
import { PostbagSlimReader } from "./postbag-slim-reader.ts";
import { PostbagSlimWriter } from "./postbag-slim-writer.ts";
import { Postbag1SlimReader } from "./postbag1-slim-reader.ts";
import { Postbag1SlimWriter } from "./postbag1-slim-writer.ts";

/**
 * Postbag in its slim form without names: fields and variants are told apart by their place in the declaration,
 * so a struct may only grow or shrink at its end.
 */
export const postbagSlim: Codec = /* @__PURE__ */ codecOf({
  name: "postbagSlim",
  writer: (subject, maxBytes, { postbag1 }) =>
    new (postbag1 ? Postbag1SlimWriter : PostbagSlimWriter)(subject, maxBytes),
  reader: (subject, bytes, { postbag1 }) => new (postbag1 ? Postbag1SlimReader : PostbagSlimReader)(subject, bytes),
});
