import { CuttleError } from "../errors/error.ts";
import { dispose } from "../util/dispose.ts";

/**
 * A value of a collection that is being edited; remoc's `get_mut`. Change {@link value} as you like, then
 * {@link commit}: subscribers see one `Set`. With `using` it commits at the end of the block.
 */
export class Edit<T> {
  #value: T;
  readonly #write: (value: T) => void;
  #state: "untouched" | "touched" | "over" = "untouched";

  /** @internal Use `getMut()`. */
  constructor(value: T, write: (value: T) => void) {
    this.#value = copyOf(value);
    this.#write = write;
  }

  /**
   * The value: a copy, one level deep, of the one in the collection, when that is an array, a plain object, a Map or a
   * Set; so whoever compares by identity sees that it changed. Looking at it counts as changing it.
   */
  get value(): T {
    if (this.#state === "untouched") this.#state = "touched";
    return this.#value;
  }

  set value(value: T) {
    if (this.#state === "untouched") this.#state = "touched";
    this.#value = value;
  }

  /** Puts the value back, if it was looked at; does nothing the second time. Throws `local_misuse` when its place is gone. */
  commit(): void {
    const wasTouched = this.#state === "touched";
    this.#state = "over";
    if (wasTouched) this.#write(this.#value);
  }

  /** The collection keeps its value. */
  discard(): void {
    this.#state = "over";
  }

  /** As {@link commit}, for `using`. */
  [dispose](): void {
    this.commit();
  }
}

function copyOf<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.slice() as T;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Map.prototype) return new Map(value as unknown as Map<unknown, unknown>) as T;
  if (prototype === Set.prototype) return new Set(value as unknown as Set<unknown>) as T;
  if (prototype === null) return Object.assign(Object.create(null), value) as T;
  return prototype === Object.prototype ? { ...value } : value;
}

/** The error of an edit whose place is gone. */
export function editedPlaceGone(): CuttleError {
  return new CuttleError(
    "local_misuse",
    "the place of this edit was removed before commit(): commit before other changes",
  );
}
