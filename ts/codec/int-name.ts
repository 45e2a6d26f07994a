/** The Rust name of an integer type, for messages. */
export function intName(bits: number, signed: boolean): string {
  return `${signed ? "i" : "u"}${bits}`;
}
