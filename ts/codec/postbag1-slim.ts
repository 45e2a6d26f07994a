import { type Codec, codecOf } from "./codec.ts";
import { Postbag1SlimReader } from "./postbag1-slim-reader.ts";
import { Postbag1SlimWriter } from "./postbag1-slim-writer.ts";

/** Postbag 1 in its slim form without names, which remoc 0.20 uses where both sides can. */
export const postbag1Slim: Codec = /* @__PURE__ */ codecOf({
  name: "postbag1Slim",
  writer: (subject, maxBytes) => new Postbag1SlimWriter(subject, maxBytes),
  reader: (subject, bytes) => new Postbag1SlimReader(subject, bytes),
});
