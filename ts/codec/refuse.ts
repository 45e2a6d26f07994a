import type { Writer } from "./writer.ts";

/** Fails because a value does not fit its descriptor. */
export function refuse(writer: Writer, expected: string, value: unknown): never {
  writer.fail(`expected ${expected}, got ${short(value)}`);
}

function short(value: unknown): string {
  if (Array.isArray(value)) return `an Array of ${value.length}`;
  if (typeof value === "object") return value ? `an object with ${Object.keys(value).slice(0, 5).join()}` : "null";
  if (typeof value === "function" || value === undefined) return typeof value;
  return `${typeof value} ${String(value).slice(0, 40)}`;
}
