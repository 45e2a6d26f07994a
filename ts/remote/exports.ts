import { CuttleError } from "../errors/error.ts";
import { TransientMap } from "../util/transient.ts";

interface Export {
  readonly value: unknown;
  /** How often it was sent and not released. */
  count: number;
}

/** What one side lets the other one use, by number; 0 is the object that was provided. */
export class Exports {
  readonly #byId: TransientMap<number, Export> = new TransientMap();
  readonly #ids: TransientMap<unknown, number> = new TransientMap();
  #next = 1;

  /** How many there are. */
  get size(): number {
    return this.#byId.size;
  }

  /** Provides the first object. */
  provide(value: unknown): void {
    this.#byId.set(0, { value, count: 1 });
    this.#ids.set(value, 0);
  }

  /** The number of a value that is being sent, once more. */
  add(value: unknown): number {
    const known = this.#ids.get(value);
    const entry = known === undefined ? undefined : this.#byId.get(known);
    if (known !== undefined && entry !== undefined) {
      entry.count += 1;
      return known;
    }
    const id = this.#next++;
    this.#byId.set(id, { value, count: 1 });
    this.#ids.set(value, id);
    return id;
  }

  /** The value with this number. Throws `remote_rejected`, for the other side, when there is none. */
  get(id: number): unknown {
    const entry = this.#byId.get(id);
    if (entry !== undefined) return entry.value;
    throw new CuttleError("remote_rejected", `the object ${id} was released, or never existed`);
  }

  /** Something on its way refers to it: it stays until {@link release}, should it be there. */
  retain(id: number): void {
    const entry = this.#byId.get(id);
    if (entry !== undefined) entry.count += 1;
  }

  /** The other side has `count` references less. Those it never had are not counted. */
  release(id: number, count: number): void {
    const entry = this.#byId.get(id);
    if (entry === undefined) return;
    entry.count -= count;
    if (entry.count > 0) return;
    this.#byId.delete(id);
    this.#ids.delete(entry.value);
  }

  /** Lets go of everything. */
  clear(): void {
    this.#byId.clear();
    this.#ids.clear();
  }
}
