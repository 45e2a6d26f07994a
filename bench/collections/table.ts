/** The table that every library keeps copies of, and what is asked of each library. */

import type { Server } from "node:http";

/** One row; it is never changed, but replaced. */
export interface Row {
  readonly name: string;
  readonly price: number;
  readonly count: number;
}

/** A key and its new row. */
export type Change = readonly [key: number, row: Row];

/** The side that has the table and changes it. */
export interface Source {
  readonly server: Server;
  readonly url: string;
  /** Makes these changes, which have come together. */
  change(changes: readonly Change[]): void;
}

/** Serves a table on a free port of 127.0.0.1 until the process ends. No more than `room` changes will wait for a copy. */
export type ServeTable = (rows: readonly Change[], options: { room: number }) => Promise<Source>;

/** A live copy of the table. */
export interface Copy {
  readonly size: number;
  get(key: number): Row | undefined;
  /** Resolves when there was a change since the last call. */
  changed(): Promise<void>;
  close(): void | Promise<void>;
}

/** Connects; resolves when the copy has all `rows` of them. */
export type OpenCopy = (url: string, rows: number) => Promise<Copy>;

/** The table at first. */
export function rowsAtFirst(count: number): Change[] {
  return Array.from({ length: count }, (_, at) => [at, { name: `row number ${at}`, price: at / 4, count: at }]);
}

/** What the row with key 0 is called when all changes of a round have been made. */
export function markOf(round: number): string {
  return `the last of round ${round}`;
}

/** For `changed()` of copies whose library calls back. */
export class Changes {
  #isNew = false;
  #wake: (() => void) | undefined;

  /** There was a change. */
  readonly tell = (): void => {
    this.#isNew = true;
    this.#wake?.();
  };

  /** See {@link Copy.changed}. */
  async next(): Promise<void> {
    if (!this.#isNew) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#isNew = false;
  }
}

/** Resolves when `copy` has `rows` of them. */
export async function filled(copy: Copy, rows: number): Promise<void> {
  while (copy.size < rows) await copy.changed();
}
