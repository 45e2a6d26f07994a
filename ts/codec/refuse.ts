import { short } from "../schema/validate.ts";
import type { Writer } from "./writer.ts";

/** Fails because a value does not fit its descriptor. */
export function refuse(writer: Writer, expected: string, value: unknown): never {
  writer.fail(`expected ${expected}, got ${short(value)}`);
}
