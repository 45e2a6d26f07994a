import { asyncDispose } from "../util/dispose.ts";

/** Nobody nests what it returns deeper; a value that cannot be sent may be anything. */
const MAX_DEPTH = 16;

/** Lets go of the channel halves and clients in a value that was to be sent and was not. */
export function discard(value: unknown, depth = 0): void {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH || ArrayBuffer.isView(value)) return;
  const dispose: unknown = (value as Partial<AsyncDisposable>)[asyncDispose];
  if (typeof dispose === "function") void Promise.resolve(Reflect.apply(dispose, value, [])).catch(() => undefined);
  else if (value instanceof Map || value instanceof Set || Array.isArray(value)) {
    for (const part of value) discard(part, depth + 1);
  } else if (isPlain(value)) {
    // Not the values: a getter is what may have kept the value from being sent.
    for (const part of Object.values(Object.getOwnPropertyDescriptors(value))) discard(part.value, depth + 1);
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
