/** Lets things through at a pace that may change while they run. */
export class Pace {
  #perSecond = Number.POSITIVE_INFINITY;
  /** Since when `#taken` is counted. */
  #since = 0;
  #taken = 0;

  /** Resolves when `amount` more may be taken. */
  async take(amount: number, perSecond: number): Promise<void> {
    if (perSecond !== this.#perSecond) this.#restart(perSecond);
    if (perSecond === Number.POSITIVE_INFINITY) return;
    this.#taken += amount;
    const waitMs = this.#since + (this.#taken / perSecond) * 1000 - performance.now();
    if (waitMs < -LATE_MS) this.#restart(perSecond);
    else if (waitMs > TIMER_MS) await sleep(waitMs);
  }

  #restart(perSecond: number): void {
    this.#perSecond = perSecond;
    this.#since = performance.now();
    this.#taken = 0;
  }
}

/** The events of about the last second, per second. */
export class Rate {
  readonly #marks: { at: number; total: number }[] = [];

  /** Takes note of the total so far, and says how fast it grew. */
  update(total: number): number {
    const now = performance.now();
    this.#marks.push({ at: now, total });
    while (this.#marks.length > 2 && now - (this.#marks[1]?.at ?? now) > WINDOW_MS) this.#marks.shift();
    const [oldest] = this.#marks;
    if (oldest === undefined || now - oldest.at < 50) return 0;
    return ((total - oldest.total) * 1000) / (now - oldest.at);
  }

  reset(): void {
    this.#marks.length = 0;
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const WINDOW_MS = 1_000;
/** Browsers do not wait for less; what is due within it goes together. */
const TIMER_MS = 4;
/** A tab that slept does not catch up. */
const LATE_MS = 500;
