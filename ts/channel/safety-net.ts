import { warnDeveloper } from "../util/development.ts";

/**
 * Lets go of halves of one kind that a program forgot instead of closing them. Nothing behind a half refers to it, so it is
 * collected when nobody can use it any more, some time; until then its port stays open for nobody. Nothing relies on it.
 *
 * An engine may collect a half while a call of it still waits. Nothing that is under way may end by that: what is behind
 * the half counts its halves, and whoever waits.
 */
export class SafetyNet<T extends object> {
  readonly #registry: FinalizationRegistry<T> | undefined;
  #warned = false;

  /**
   * `forget` is told what was behind a half; true when that ended what was open to a peer. `what` is told in the warning,
   * once.
   */
  constructor(what: string, forget: (behind: T) => boolean) {
    // Workers of older dates have none.
    if (typeof FinalizationRegistry === "undefined") return;
    this.#registry = new FinalizationRegistry((behind) => {
      if (forget(behind) && !this.#warned) this.#warned = warnDeveloper(warning(what));
    });
  }

  /** From now on `half` is noticed; `behind` must not refer to it. */
  add(half: object, behind: T): void {
    this.#registry?.register(half, behind, half);
  }

  /** It was closed, or is not here any more. */
  remove(half: object): void {
    this.#registry?.unregister(half);
  }
}

function warning(what: string): string {
  return `cuttle: ${what} was garbage collected while its channel was open; close it, or declare it with \`await using\``;
}
