import type { Syntax } from "./grammar.ts";

/** Where something stands in the Rust source. */
export interface Place {
  /** As the person gave it, or relative to that. */
  readonly file: string;
  readonly node: Syntax;
}

/** What could not be read, gathered so that all of it is told at once. */
export class Problems {
  readonly #lines = new Set<string>();
  readonly #notes = new Set<string>();

  /** One line per problem, `FILE:LINE:COLUMN: what`, in the order of the source. */
  get lines(): string[] {
    return [...this.#lines].sort(new Intl.Collator("en", { numeric: true }).compare);
  }

  /** What is worth knowing although the contract is right. */
  get notes(): string[] {
    return [...this.#notes].sort(new Intl.Collator("en", { numeric: true }).compare);
  }

  add(place: Place, what: string): void {
    this.#lines.add(`${showPlace(place)}: ${what}`);
  }

  note(place: Place, what: string): void {
    this.#notes.add(`${showPlace(place)}: ${what}`);
  }
}

function showPlace({ file, node }: Place): string {
  return `${file}:${node.startPosition.row + 1}:${node.startPosition.column + 1}`;
}
