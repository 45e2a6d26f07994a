/** The bytes that scenarios send. Written as loops: a callback for each byte takes longer than what carries them. */

/** Byte `i` of item `k` of a sink or source is `(i + k) % 256`. */
export function itemOf(k: number, length: number): Uint8Array {
  const item = new Uint8Array(length);
  for (let i = 0; i < length; i++) item[i] = i + k;
  return item;
}

/** Of all bytes. */
export function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum += bytes[i] as number;
  return sum;
}
