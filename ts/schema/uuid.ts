import { build } from "./build.ts";
import type { Descriptor } from "./descriptor.ts";
import { bytes } from "./scalars.ts";

/** `uuid::Uuid`: its hyphenated text, in lower case when decoded; 16 bytes in binary codecs. */
export const uuid: Descriptor<string> = /* @__PURE__ */ build({
  kind: "form",
  name: "Uuid",
  binary: bytes,
  toBinary,
  toText,
});

function toBinary(text: unknown): Uint8Array | undefined {
  if (typeof text !== "string" || !/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)) return undefined;
  const pairs = text.replaceAll("-", "").match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}

function toText(binary: unknown): string | undefined {
  const octets = binary as Uint8Array;
  if (octets.length !== 16) return undefined;
  const hex = Array.from(octets, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
