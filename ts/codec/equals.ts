/** Whether two values of one type are written the same: by their parts, and a safe integer equals its bigint. */
export function equals(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a === "bigint" || typeof b === "bigint") return typeof a === typeof b ? a === b : isInteger(a, b);
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  // Sets and Maps have no parts that Object.keys tells; only empty ones are told to be equal.
  if (a instanceof Set || a instanceof Map) return (b instanceof Set || b instanceof Map) && a.size + b.size === 0;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && equals((a as Parts)[key], (b as Parts)[key]));
}

type Parts = Record<string, unknown>;

function isInteger(a: unknown, b: unknown): boolean {
  const [number, bigint] = typeof a === "bigint" ? [b, a] : [a, b];
  return typeof number === "number" && Number.isSafeInteger(number) && BigInt(number) === bigint;
}
