import { CuttleError } from "../errors/error.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { TransientMap } from "../util/transient.ts";
import type { Outcome } from "./protocol.ts";

/** Promises and signals that crossed: those of the other side that are not settled, and the numbers of ours. */
export class Promises {
  readonly #expected: TransientMap<number, Deferred<unknown>> = new TransientMap();
  readonly #max: number;
  #next = 0;

  /** At most `max` of the other side may be pending. */
  constructor(max: number) {
    this.#max = max;
  }

  /** How many of the other side's are not settled. */
  get size(): number {
    return this.#expected.size;
  }

  /** The number of the next one of ours. */
  nextId(): number {
    return this.#next++;
  }

  /** One of the other side's. Nobody has to listen to it. Throws `local_limit` when too many are pending. */
  expect(id: number): Promise<unknown> {
    let expected = this.#expected.get(id);
    if (expected === undefined) {
      if (this.#expected.size >= this.#max) {
        throw new CuttleError("local_limit", `${this.#max} promises and signals of the other side are pending already`);
      }
      expected = deferred();
      this.#expected.set(id, expected);
    }
    return expected.promise;
  }

  /** It settled; one that is not expected is of no interest. */
  settle(id: number, outcome: Outcome): void {
    const expected = this.#expected.get(id);
    this.#expected.delete(id);
    if ("value" in outcome) expected?.resolve(outcome.value);
    else expected?.reject(outcome.error);
  }

  /** They do not matter any more and never settle. */
  forget(ids: readonly number[]): void {
    for (const id of ids) this.#expected.delete(id);
  }

  /** All fail. */
  fail(error: unknown): void {
    for (const expected of this.#expected.values()) expected.reject(error);
    this.#expected.clear();
  }
}
