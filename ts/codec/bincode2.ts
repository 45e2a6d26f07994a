import { Bincode2Reader } from "./bincode2-reader.ts";
import { Bincode2Writer } from "./bincode2-writer.ts";
import { type Codec, codecOf } from "./codec.ts";

/** Bincode 2 in its standard configuration: nothing but the values, integers of variable width. */
export const bincode2: Codec = /* @__PURE__ */ codecOf({
  name: "bincode2",
  keepsArrays: true,
  writer: (subject, maxBytes) => new Bincode2Writer(subject, maxBytes),
  reader: (subject, bytes) => new Bincode2Reader(subject, bytes),
});
