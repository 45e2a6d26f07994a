/**
 * Reading bytes out of values that somebody else made. Only internal slots are read, by functions captured when
 * this module was loaded, so that no getter, proxy trap or patched prototype runs.
 */

const { apply } = Reflect;
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const nameOfTypedArray = slotGetter(typedArray, Symbol.toStringTag);
const bufferOfView = slotGetter(typedArray, "buffer");
const offsetOfView = slotGetter(typedArray, "byteOffset");
const lengthOfView = slotGetter(typedArray, "byteLength");
const lengthOfBuffer = slotGetter(ArrayBuffer.prototype, "byteLength");

/**
 * The bytes of a `Uint8Array` or `ArrayBuffer`, in memory that holds nothing else; undefined for everything else,
 * for a detached buffer and for shared memory, which could change while it is read.
 */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) {
    if (nameOfTypedArray(value) !== "Uint8Array") return undefined;
    const buffer = bufferOfView(value);
    const view = viewOf(buffer, offsetOfView(value) as number, lengthOfView(value) as number);
    // A clone of a view brings its whole buffer along, which would be kept alive by a few bytes of it.
    return view !== undefined && lengthOfBuffer(buffer) !== view.byteLength ? new Uint8Array(view) : view;
  }
  return viewOf(value, 0, undefined);
}

/** A value in a few words for an error message, found out without running any of its code. */
export function describeValue(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "string") return `a string (${JSON.stringify(value.slice(0, 40))})`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object") return `a ${typeof value} (${String(value).slice(0, 40)})`;
  if (!ArrayBuffer.isView(value)) return isBuffer(value) ? "a detached ArrayBuffer" : "an object that is not bytes";
  const name = nameOfTypedArray(value) as string | undefined;
  if (name !== "Uint8Array") return `a ${name ?? "DataView"}`;
  return isBuffer(bufferOfView(value)) ? "a detached Uint8Array" : "a Uint8Array over shared memory";
}

function viewOf(buffer: unknown, offset: number, length: number | undefined): Uint8Array | undefined {
  if (!isBuffer(buffer)) return undefined;
  try {
    return new Uint8Array(buffer, offset, length);
  } catch {
    return undefined; // Detached.
  }
}

function isBuffer(value: unknown): value is ArrayBuffer {
  try {
    lengthOfBuffer(value);
    return true;
  } catch {
    return false;
  }
}

function slotGetter(prototype: object, key: PropertyKey): (value: unknown) => unknown {
  const getter = Object.getOwnPropertyDescriptor(prototype, key)?.get as () => unknown;
  return (value) => apply(getter, value, []);
}
