/** What happens to a message on its way into an endpoint and out of one: as with a `MessagePort`, it is copied. */

import { classByPrototype } from "../plain/classes.ts";
import { isHalf } from "../plain/halves.ts";

/**
 * Copies a message at once, so that later changes of it do not count, with `onPort` for each port in it. Throws the
 * `DataCloneError` of a port for what cannot be cloned, before `onPort` was called. Channel halves and instances of
 * registered classes stay what they are.
 */
export function copyMessage(message: unknown, onPort: (port: MessagePort) => unknown): unknown {
  const copied = mapParts(message, cloned);
  return mapParts(copied, (value) => (value instanceof MessagePort ? { value: onPort(value) } : undefined));
}

/** The ports in a message. */
export function portsIn(message: unknown): MessagePort[] {
  const ports: MessagePort[] = [];
  mapParts(message, (value) => {
    if (value instanceof MessagePort) ports.push(value);
    return undefined;
  });
  return ports;
}

/**
 * Copies the arrays and plain objects of a value; cycles and what occurs twice stay so. `map` may give something else
 * for any part.
 */
export function mapParts(value: unknown, map: (part: unknown) => { readonly value: unknown } | undefined): unknown {
  const seen = new Map<unknown, unknown>();
  const walk = (part: unknown): unknown => {
    if (seen.has(part)) return seen.get(part);
    const mapped = map(part);
    if (mapped !== undefined) return keep(part, mapped.value);
    if (Array.isArray(part)) {
      const copy: unknown[] = keep(part, new Array(part.length));
      for (let i = 0; i < part.length; i++) copy[i] = walk(part[i]);
      return copy;
    }
    if (!isPlain(part)) return part;
    const copy: Record<string, unknown> = keep(part, {});
    for (const key of Object.keys(part)) {
      // Defined, because the key may be `__proto__`.
      Object.defineProperty(copy, key, {
        value: walk(part[key]),
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
    return copy;
  };
  const keep = <C>(part: unknown, copy: C): C => {
    if (typeof part === "object" && part !== null) seen.set(part, copy);
    return copy;
  };
  return walk(value);
}

/** A part that is no plain container, as a port would clone it. */
function cloned(part: unknown): { readonly value: unknown } | undefined {
  if (typeof part === "function" || typeof part === "symbol") return { value: structuredClone(part) };
  if (typeof part !== "object" || part === null || Array.isArray(part) || isPlain(part)) return undefined;
  if (part instanceof MessagePort || isHalf(part)) return { value: part };
  const prototype: object | null = Object.getPrototypeOf(part);
  if (prototype !== null && classByPrototype(prototype) !== undefined) return { value: part };
  return { value: structuredClone(part) };
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
