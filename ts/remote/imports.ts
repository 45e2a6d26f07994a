import { TransientMap } from "../util/transient.ts";

interface Import {
  readonly stub: WeakRef<object>;
  /** How often it was received and not released. */
  count: number;
}

/** What this side got from the other one: one stub for each number, for as long as somebody holds it. */
export class Imports {
  readonly #byId: TransientMap<number, Import> = new TransientMap();
  readonly #release: (id: number, count: number) => void;
  readonly #forgotten: FinalizationRegistry<{ id: number; entry: Import }>;

  /** `release` tells the other side; `onForgotten` hears of stubs that were collected and not disposed of. */
  constructor(release: (id: number, count: number) => void, onForgotten: () => void) {
    this.#release = release;
    this.#forgotten = new FinalizationRegistry(({ id, entry }) => {
      onForgotten();
      this.#end(id, entry);
    });
  }

  /** How many there are. */
  get size(): number {
    return this.#byId.size;
  }

  /** The stub of a number that came, once more; `make` makes a new one. */
  take(id: number, make: () => object): object {
    const known = this.#byId.get(id);
    const stub = known?.stub.deref();
    if (known !== undefined && stub !== undefined) {
      known.count += 1;
      return stub;
    }
    const fresh = make();
    const entry = { stub: new WeakRef(fresh), count: 1 };
    this.#byId.set(id, entry);
    this.#forgotten.register(fresh, { id, entry }, entry);
    return fresh;
  }

  /** The stub is not used any more. */
  drop(id: number): void {
    const entry = this.#byId.get(id);
    if (entry === undefined) return;
    this.#forgotten.unregister(entry);
    this.#end(id, entry);
  }

  /** Lets go of everything without a word. */
  clear(): void {
    for (const entry of this.#byId.values()) this.#forgotten.unregister(entry);
    this.#byId.clear();
  }

  #end(id: number, entry: Import): void {
    if (entry.count === 0) return;
    this.#release(id, entry.count);
    entry.count = 0;
    // A later stub may have taken the number.
    if (this.#byId.get(id) === entry) this.#byId.delete(id);
  }
}
