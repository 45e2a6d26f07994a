import { warnDeveloper } from "../util/development.ts";

/**
 * Closes halves of one kind that a program forgot instead of closing them. What carries the values of a channel refers to
 * what is behind a half, and to the half itself only while somebody waits there: so one that nobody holds is collected,
 * some time, and until then its port stays open for nobody. Nothing relies on it.
 */
export class SafetyNet<T extends object> {
  readonly #registry: FinalizationRegistry<T> | undefined;
  #warned = false;

  /**
   * `close` closes what is behind a half; true when that was open, and ended by nothing else. `what` is told in the
   * warning, once.
   */
  constructor(what: string, close: (behind: T) => boolean) {
    // Workers of older dates have none.
    if (typeof FinalizationRegistry === "undefined") return;
    this.#registry = new FinalizationRegistry((behind) => {
      if (close(behind) && !this.#warned) this.#warned = warnDeveloper(warning(what));
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
