/** Without a word for so long, in ms, the other side is given time. Bulk at 10 Mbit/s returns credits more often. */
const SILENCE_MS = 250;
/** remoc 0.18 needs 20 ms; what is under way uses up some of them. */
const QUIET_MS = 40;

/**
 * remoc 0.18 hands what it has for us to its socket when nothing came for 20 ms, when it returns credits, or when 128 KiB
 * are together (`flush_delay` in its `chmux::Cfg`). Where something is sent to it more often than that, answers wait for
 * seconds. So after a time without a word of it nothing is sent for a moment.
 */
export class Breath {
  /** Since when the other side said nothing and had no time to. */
  #since = 0;
  #sentAt = Number.NEGATIVE_INFINITY;
  #until = 0;

  /** Something came. */
  heard(now: number): void {
    this.#since = now;
    this.#until = 0;
  }

  /** Something leaves. */
  sent(now: number): void {
    if (now - this.#sentAt >= QUIET_MS) this.#since = now;
    this.#sentAt = now;
  }

  /** Until when nothing is to be sent; undefined when something may be. */
  until(now: number): number | undefined {
    if (now < this.#until) return this.#until;
    const hadTime = now - this.#sentAt >= QUIET_MS;
    if (hadTime || now - this.#since < SILENCE_MS) return undefined;
    this.#until = this.#sentAt + QUIET_MS;
    return this.#until;
  }
}
