import { type Codec, codecOf } from "./codec.ts";
import { Postbag1Reader } from "./postbag1-reader.ts";
import { Postbag1Writer } from "./postbag1-writer.ts";

/** Postbag 1 in its full form with names, which remoc 0.20 uses where both sides can. Not the bytes of Postbag 0.4. */
export const postbag1: Codec = /* @__PURE__ */ codecOf({
  name: "postbag1",
  writer: (subject, maxBytes) => new Postbag1Writer(subject, maxBytes),
  reader: (subject, bytes) => new Postbag1Reader(subject, bytes),
});
