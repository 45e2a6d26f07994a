const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();

/** A name after a byte of `marker` and its length, and what stands `behind` it; undefined when it is longer than `maxLength` bytes. */
export function shortHead(
  marker: number,
  name: string,
  maxLength: number,
  ...behind: number[]
): Uint8Array | undefined {
  const bytes = encoder.encode(name);
  return bytes.length > maxLength ? undefined : Uint8Array.of(marker | bytes.length, ...bytes, ...behind);
}
