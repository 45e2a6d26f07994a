/** How many are written one by one. */
const WHOLE = 10;

/**
 * Tells the console of failures that a peer can cause at will: of the first ten, and from then on of the hundredth, the
 * thousandth and so on, with their number. So a peer cannot fill a disk with a server's log.
 */
export class Complaints {
  #count = 0;

  /** Never throws. */
  write(text: string, error: unknown): void {
    this.#count += 1;
    if (this.#count <= WHOLE) console.error(text, error);
    else if (Number.isInteger(Math.log10(this.#count))) console.error(`${text} (${this.#count} times by now)`, error);
  }
}
