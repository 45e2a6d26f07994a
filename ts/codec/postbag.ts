import { type Codec, codecOf } from "./codec.ts";
import { PostbagReader } from "./postbag-reader.ts";
import { PostbagWriter } from "./postbag-writer.ts";

/** Postbag 0.4 in its full form with names: the default of remoc, compact and open to new fields. */
export const postbag: Codec = /* @__PURE__ */ codecOf({
  name: "postbag",
  writer: (subject, maxBytes) => new PostbagWriter(subject, maxBytes),
  reader: (subject, bytes) => new PostbagReader(subject, bytes),
});
