import { warnDeveloper } from "../util/development.ts";

/** What may be forgotten. */
export interface Caught {
  /** @internal Leads to what is behind it, while it is noticed. */
  held: { behind: object | undefined } | undefined;
}

/**
 * Lets go of halves of one kind that a program forgot instead of closing them. Nothing behind a half refers to it, so it is
 * collected when nobody can use it any more, some time; until then its port stays open for nobody. Nothing relies on it.
 *
 * An engine may collect a half while a call of it still waits. Nothing that is under way may end by that: what is behind
 * the half counts its halves, and whoever waits.
 */
export class SafetyNet<T extends object> {
  readonly #registry: FinalizationRegistry<NonNullable<Caught["held"]>> | undefined;
  #warned = false;

  /**
   * `forget` is told what was behind a half; true when that ended what was open to a peer. `what` is told in the warning,
   * once.
   */
  constructor(what: string, forget: (behind: T) => boolean) {
    // Workers of older dates have none.
    if (typeof FinalizationRegistry === "undefined") return;
    this.#registry = new FinalizationRegistry(({ behind }) => {
      if (behind !== undefined && forget(behind as T) && !this.#warned) this.#warned = warnDeveloper(warning(what));
    });
  }

  /** From now on `half` is noticed; `behind` must not refer to it. */
  add(half: Caught, behind: T): void {
    half.held = { behind };
    this.#registry?.register(half, half.held, half);
  }

  /** It was closed, or is not here any more. */
  remove(half: Caught): void {
    this.#registry?.unregister(half);
    // V8 keeps what was registered until the next full collection, and whatever that leads to.
    if (half.held !== undefined) half.held.behind = undefined;
    half.held = undefined;
  }
}

function warning(what: string): string {
  return `cuttle: ${what} was garbage collected while its channel was open; close it, or declare it with \`await using\``;
}
