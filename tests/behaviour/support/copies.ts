import { vi } from "vitest";

/** How many bytes were copied from one array of bytes to another while `body` ran. */
export async function bytesCopied(body: () => Promise<void>): Promise<number> {
  let copied = 0;
  const { set, slice } = Uint8Array.prototype;
  const sets = vi.spyOn(Uint8Array.prototype, "set").mockImplementation(function (this: Uint8Array, source, offset) {
    copied += source.length;
    set.call(this, source, offset);
  });
  const slices = vi.spyOn(Uint8Array.prototype, "slice").mockImplementation(function (this: Uint8Array, from, to) {
    const result = slice.call(this, from, to);
    copied += result.length;
    return result;
  });
  try {
    await body();
  } finally {
    sets.mockRestore();
    slices.mockRestore();
  }
  return copied;
}
