import { type Codec, codecOf } from "./codec.ts";
import { MessagePackReader } from "./messagepack-reader.ts";
import { MessagePackWriter } from "./messagepack-writer.ts";

/**
 * MessagePack as rmp-serde writes it with names: structs are maps. Nested options collapse; integers of 128 bits are
 * 16 bytes.
 */
export const messagePack: Codec = /* @__PURE__ */ codecOf({
  name: "messagePack",
  keepsArrays: true,
  writer: (subject, maxBytes) => new MessagePackWriter(subject, maxBytes),
  reader: (subject, bytes) => new MessagePackReader(subject, bytes),
});
