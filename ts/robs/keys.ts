/**
 * Which keys are the same. Numbers, strings and the like as in a Map; arrays, plain objects, bytes, Maps and Sets by
 * what they hold, because a key that comes from a peer is a new object every time; other objects by identity.
 */
export class Keys<K> {
  /** The keys that are in the collection, by their content. */
  readonly #known: Map<string, K> = new Map();

  /** The key of the collection that equals `key`, or `key` itself. */
  find(key: K): K {
    if (!isComposite(key) || this.#known.size === 0) return key;
    return this.#known.get(textOf(key)) ?? key;
  }

  /** As {@link find}; if there is none, `key` is in the collection from now on. */
  add(key: K): K {
    if (!isComposite(key)) return key;
    const text = textOf(key);
    const known = this.#known.get(text);
    if (known === undefined) this.#known.set(text, key);
    return known ?? key;
  }

  /** A key is not in the collection any more. */
  delete(key: K): void {
    if (isComposite(key)) this.#known.delete(textOf(key));
  }

  /** No key is. */
  clear(): void {
    this.#known.clear();
  }
}

function isComposite(key: unknown): key is object {
  if (typeof key !== "object" || key === null) return false;
  if (Array.isArray(key) || key instanceof Map || key instanceof Set || key instanceof Uint8Array) return true;
  const prototype: unknown = Object.getPrototypeOf(key);
  return prototype === null || prototype === Object.prototype;
}

/** The same text for equal content, and another one for any other. */
function textOf(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (!isComposite(value)) return typeof value === "object" || typeof value === "function" ? idOf(value) : `${value}`;
  if (value instanceof Uint8Array) return `b[${value.join()}]`;
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`;
  if (value instanceof Map) return `m{${sorted(value, ([key, item]) => `${textOf(key)}:${textOf(item)}`)}}`;
  if (value instanceof Set) return `s{${sorted(value, textOf)}}`;
  return `{${sorted(Object.entries(value), ([key, item]) => `${JSON.stringify(key)}:${textOf(item)}`)}}`;
}

function sorted<T>(items: Iterable<T>, text: (item: T) => string): string {
  return Array.from(items, text).sort().join();
}

/** Numbers for what is the same only as itself. */
const ids: WeakMap<object, number> = /* @__PURE__ */ new WeakMap();
let nextId = 0;

function idOf(value: object | null): string {
  if (value === null) return "null";
  let id = ids.get(value);
  if (id === undefined) {
    id = nextId++;
    ids.set(value, id);
  }
  return `#${id}`;
}
