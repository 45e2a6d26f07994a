import { type Codec, codecOf } from "./codec.ts";
import { PostbagReader } from "./postbag-reader.ts";
import { PostbagWriter } from "./postbag-writer.ts";
import { Postbag1Reader } from "./postbag1-reader.ts";
import { Postbag1Writer } from "./postbag1-writer.ts";

/** Postbag in its full form with names: the default of remoc, compact and open to new fields. */
export const postbag: Codec = /* @__PURE__ */ codecOf({
  name: "postbag",
  writer: (subject, maxBytes, { postbag1 }) => new (postbag1 ? Postbag1Writer : PostbagWriter)(subject, maxBytes),
  reader: (subject, bytes, { postbag1 }) => new (postbag1 ? Postbag1Reader : PostbagReader)(subject, bytes),
});
