import { type Codec, codecOf } from "./codec.ts";
import { JsonReader } from "./json-reader.ts";
import { JsonWriter } from "./json-writer.ts";

/**
 * JSON as serde_json writes and reads it: integers of any width are exact, but NaN and infinities become null,
 * nested options collapse, and map keys must be strings, characters, numbers, bools or unit variants.
 */
export const json: Codec = /* @__PURE__ */ codecOf({
  name: "json",
  writer: (subject, maxBytes) => new JsonWriter(subject, maxBytes),
  reader: (subject, bytes) => new JsonReader(subject, bytes),
});
