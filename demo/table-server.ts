import { CuttleError, ObservableVec, t, type VecSubscription, watch } from "../ts/index.ts";
import type { Incoming } from "../ts/node/index.ts";
import { type Order, type Quote, Table } from "./table-contract.ts";

const ROWS = 100_000;
const TICK_MS = 50;
const MAX_PACE = 50_000;
/** Rows of a window that a page may have at most. */
const MAX_WINDOW = 1_000;

const WORDS: readonly string[] =
  "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey Xray Yankee Zulu".split(
    " ",
  );

type Compare = (a: Quote, b: Quote) => number;

const orders: Readonly<Record<string, Compare>> = {
  name: (a, b) => (a.name < b.name ? -1 : 1),
  price: (a, b) => a.price - b.price,
  changes: (a, b) => b.changes - a.changes,
};

/** Rows that change at random, in the orders that pages ask for. */
export class LiveTable {
  readonly #quotes: Quote[] = Array.from({ length: ROWS }, (_, id) => {
    return {
      id,
      name: `${WORDS[id % WORDS.length]} ${id}`,
      price: Math.round(Math.random() * 100_000) / 100,
      changes: 0,
    };
  });
  readonly #views = new Map<string, View>();
  readonly #pace = watch.channel(t.u32, 1_000)[0];
  #pages = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Gives the table to a page; resolves when that is gone. */
  async serve(page: Pick<Incoming, "provide">): Promise<void> {
    const counts = new Map<string, number>([["", ROWS]]);
    for (const { name } of this.#quotes) counts.set(name.charAt(0), (counts.get(name.charAt(0)) ?? 0) + 1);
    const given: Table = {
      counts,
      window: async (order, from, to) => this.#window(order, from, to),
      pace: this.#pace.subscribe(),
      setPace: async (pace) => {
        this.#pace.sendReplace(Math.min(pace, MAX_PACE));
        return null;
      },
    };
    const connection = await page.provide(Table, given);
    this.#pages += 1;
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
    try {
      await connection.closed;
    } finally {
      this.#pages -= 1;
      if (this.#pages === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
        this.#views.clear();
      }
    }
  }

  #window({ by, letter }: Order, from: number, to: number): VecSubscription<Quote> {
    const compare = orders[by];
    if (compare === undefined || letter.length > 1 || to - from > MAX_WINDOW) {
      throw new CuttleError("local_misuse", `there is no order ${by}, or ${to - from} rows are too many`);
    }
    const name = `${by} ${letter}`;
    const view = this.#views.get(name) ?? new View(this.#quotes, compare, letter);
    this.#views.set(name, view);
    return view.rows.subscribe({ range: { from, to } });
  }

  #tick(): void {
    const changes = (this.#pace.borrow() * TICK_MS) / 1_000;
    for (let done = 0; done < changes; done += 1) {
      const id = Math.floor(Math.random() * ROWS);
      const before = this.#quotes[id] as Quote;
      const price = Math.max(0.01, Math.round(before.price * (98 + Math.random() * 4)) / 100);
      const after = { ...before, price, changes: before.changes + 1 };
      this.#quotes[id] = after;
      for (const view of this.#views.values()) view.change(before, after);
    }
  }
}

/** The rows whose names begin with a letter, in order. */
class View {
  readonly rows: ObservableVec<Quote> = new ObservableVec();
  readonly #compare: Compare;
  readonly #letter: string;

  constructor(quotes: readonly Quote[], compare: Compare, letter: string) {
    this.#compare = (a, b) => compare(a, b) || a.id - b.id;
    this.#letter = letter;
    const sorted = quotes.filter(({ name }) => name.startsWith(letter)).sort(this.#compare);
    this.rows.transaction(() => {
      for (const quote of sorted) this.rows.push(quote);
    });
  }

  /** A row has changed, and may have another place then. */
  change(before: Quote, after: Quote): void {
    if (!before.name.startsWith(this.#letter)) return;
    this.rows.transaction(() => {
      const from = this.#placeOf(before);
      const to = this.#placeOf(after);
      if (to === from || to === from + 1) return this.rows.set(from, after);
      this.rows.remove(from);
      this.rows.insert(to > from ? to - 1 : to, after);
    });
  }

  /** Where a row is, or belongs. */
  #placeOf(quote: Quote): number {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(this.rows.at(middle) as Quote, quote) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
