/**
 * A `Map` for entries that do not stay long, of which a busy connection makes one for each call. V8 moves a map that is
 * changed all the time from table to table, and each table points to the next: once one of them has grown old, all later
 * ones and whatever is in them stay until the next full collection, instead of the next small one. This begins with a map
 * of its own from time to time, to which no table points. With 64 calls of plain objects under way a fifth of the time
 * went into copying what stayed.
 */
export class TransientMap<K, V> {
  #map: Map<K, V> = new Map();
  /** Entries to be added before the next map. */
  #left = MIN_ADDED;

  get size(): number {
    return this.#map.size;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  has(key: K): boolean {
    return this.#map.has(key);
  }

  set(key: K, value: V): void {
    if (this.#left === 0) this.#renew(new Map(this.#map));
    this.#left -= 1;
    this.#map.set(key, value);
  }

  delete(key: K): boolean {
    return this.#map.delete(key);
  }

  clear(): void {
    this.#renew(new Map());
  }

  keys(): IterableIterator<K> {
    return this.#map.keys();
  }

  values(): IterableIterator<V> {
    return this.#map.values();
  }

  /** Costs little beside what is added until then. */
  #renew(map: Map<K, V>): void {
    this.#map = map;
    this.#left = Math.max(MIN_ADDED, map.size);
  }
}

/** A `Set` for what does not stay long; see {@link TransientMap}. */
export class TransientSet<T> implements Iterable<T> {
  readonly #map: TransientMap<T, true> = new TransientMap();

  get size(): number {
    return this.#map.size;
  }

  add(item: T): void {
    this.#map.set(item, true);
  }

  delete(item: T): boolean {
    return this.#map.delete(item);
  }

  clear(): void {
    this.#map.clear();
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.#map.keys();
  }
}

const MIN_ADDED = 32;
