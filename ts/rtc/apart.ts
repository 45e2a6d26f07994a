/**
 * Large requests travel on a channel of their own, so that they delay no other call of the same client. Only this library
 * reads them: a client that it hands out says so. PROTOCOL.md section 15.
 */

/** What a scheduler of either side sends of one message at most before it is others' turn. */
const LARGE_BYTES = 16 * 1024;

/** What an array or object counts for, beside what is in it. */
const CONTAINER_BYTES = 16;

/** Request channels of servers in this program, and whether somebody was told that they read large requests apart. */
const readers: WeakMap<object, "here" | "told"> = /* @__PURE__ */ new WeakMap();

/** The requests of this queue are read in this program. */
export function readsApart(queue: object): void {
  readers.set(queue, "here");
}

/** Whether the requests of this queue are read here; whoever asks tells a peer. */
export function tellApart(queue: object): boolean {
  const isHere = readers.has(queue);
  if (isHere) readers.set(queue, "told");
  return isHere;
}

/** From now on they are read elsewhere. Whether somebody was told otherwise. */
export function movesAway(queue: object): boolean {
  const wasTold = readers.get(queue) === "told";
  readers.delete(queue);
  return wasTold;
}

/** Whether the encoded arguments are likely to be large. Looks no further than it has to. */
export function isLarge(args: unknown): boolean {
  return remaining(args, LARGE_BYTES) < 0;
}

/** What is left of `bytes` when a value takes its part. */
function remaining(value: unknown, bytes: number): number {
  if (typeof value === "string") return bytes - value.length;
  if (typeof value !== "object" || value === null) return bytes - 1;
  if (ArrayBuffer.isView(value)) return bytes - value.byteLength;
  const isPlain = Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null;
  if (!isPlain && !Array.isArray(value) && !(value instanceof Map) && !(value instanceof Set)) return bytes - 1;
  // Also what keeps the depth of this in bounds, of values that lead to themselves too.
  let left = bytes - CONTAINER_BYTES;
  for (const part of isPlain ? Object.values(value) : (value as Iterable<unknown>)) {
    if (left < 0) break;
    left = remaining(part, left);
  }
  return left;
}
