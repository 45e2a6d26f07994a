import type { CuttleError } from "../errors/error.ts";
import { describe } from "../schema/describe.ts";
import { type Descriptor, MAX_DEPTH } from "../schema/descriptor.ts";

/** What is being written or read, for messages. */
export interface Subject {
  readonly codec: string;
  readonly descriptor: Descriptor;
}

/** Where in a value the work is; knows how to name that place in an error. */
export abstract class Trail {
  readonly #subject: Subject;
  /** The part of the innermost open container that is being worked on: it changes most often. */
  #key: string | number = "";
  /** The parts of those around it, from the second entry on; entries from `depth` on are stale. */
  readonly #keys: (string | number)[] = [];
  /** How many containers are open. */
  #depth = 0;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** Opens a container; fails beyond {@link MAX_DEPTH}. */
  descend(): void {
    this.#keys[this.#depth] = this.#key;
    this.#key = "";
    if (++this.#depth >= MAX_DEPTH) this.fail(`nested more than ${MAX_DEPTH - 1} levels deep`);
  }

  /** Names the part of the innermost container that comes next: a field, a variant or an index. */
  at(key: string | number): void {
    this.#key = key;
  }

  /** Closes the innermost container. */
  ascend(): void {
    this.#key = this.#keys[--this.#depth] as string | number;
  }

  /** How many containers are open. Setting it closes those within. */
  protected get depth(): number {
    return this.#depth;
  }
  protected set depth(value: number) {
    if (value < this.#depth) this.#key = this.#keys[value] as string | number;
    this.#depth = value;
  }

  /** The keys that lead to the present place. */
  path(): (string | number)[] {
    if (this.#depth === 0) return [];
    return [...this.#keys.slice(1, this.#depth), this.#key].filter((key) => key !== "");
  }

  /** Throws the {@link error}. */
  fail(problem: string): never {
    throw this.error(problem);
  }

  /** The error for a problem at the present place. */
  error(problem: string, cause?: unknown): CuttleError {
    const { codec, descriptor } = this.#subject;
    let path = "";
    for (const key of this.path()) path += typeof key === "number" ? `[${key}]` : path ? `.${key}` : key;
    return this.makeError(`${path ? `at ${path}: ` : ""}${problem}`, describe(descriptor), codec, cause);
  }

  /** Puts the parts of a message together and says who is at fault. */
  protected abstract makeError(problem: string, type: string, codec: string, cause: unknown): CuttleError;
}
