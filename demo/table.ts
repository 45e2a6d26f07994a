/** The page of the live table: plain DOM over a subscription to the rows that are seen. */

import { consume, type MirroredVec } from "../ts/index.ts";
import { painter, part, setText } from "./dom.ts";
import { integer } from "./format.ts";
import { type Order, type Quote, Table } from "./table-contract.ts";

const ROW_PX = 28;
/** Windows begin and end at multiples of this, so that most scrolling needs no new one. */
const STEP = 50;

const scroller = part(document, "scroller", HTMLElement);
const rows = part(document, "rows", HTMLElement);
const letter = part(document, "letter", HTMLSelectElement);
const pace = part(document, "pace", HTMLSelectElement);
const status = part(document, "status", HTMLElement);
const alertBox = part(document, "alert", HTMLElement);

/** The rows that are here: a live copy of the places from `from` on. */
interface Window {
  readonly from: number;
  readonly to: number;
  readonly quotes: MirroredVec<Quote>;
}

/** Shows a table that a server has given. */
class TableView {
  readonly #table: Table;
  #order: Order = { by: "name", letter: "" };
  #window: Window | undefined;
  /** What was asked for last; what comes for something else is dropped. */
  #asked: object | undefined;
  readonly #paint = painter(() => this.#draw());

  constructor(table: Table) {
    this.#table = table;
    for (const [name, count] of [...table.counts].sort()) {
      if (name !== "") letter.add(new Option(`${name}, ${integer(count)}`, name));
    }
    scroller.addEventListener("scroll", () => this.#follow());
    new ResizeObserver(() => this.#follow()).observe(scroller);
    letter.addEventListener("change", () => this.#show({ ...this.#order, letter: letter.value }));
    for (const head of document.querySelectorAll<HTMLButtonElement>("[data-by]")) {
      head.addEventListener("click", () => this.#sort(head));
    }
    this.#show(this.#order);
  }

  #sort(head: HTMLButtonElement): void {
    for (const sorted of document.querySelectorAll("[aria-sort]")) sorted.removeAttribute("aria-sort");
    head.parentElement?.setAttribute("aria-sort", head.dataset.by === "changes" ? "descending" : "ascending");
    this.#show({ ...this.#order, by: head.dataset.by ?? "name" });
  }

  get #count(): number {
    return this.#table.counts.get(this.#order.letter) ?? 0;
  }

  #show(order: Order): void {
    this.#order = order;
    rows.style.height = `${this.#count * ROW_PX}px`;
    part(document, "table", HTMLElement).setAttribute("aria-rowcount", `${this.#count + 1}`);
    scroller.scrollTop = 0;
    this.#asked = undefined;
    this.#follow({ isNew: true });
  }

  /** Subscribes to other rows when others are seen. */
  #follow({ isNew = false } = {}): void {
    const first = Math.floor(scroller.scrollTop / ROW_PX / STEP) * STEP;
    const end = Math.ceil((scroller.scrollTop + scroller.clientHeight) / ROW_PX / STEP) * STEP;
    const [from, to] = [Math.min(first, this.#count), Math.min(end, this.#count)];
    const isHere = this.#window?.from === from && this.#window.to === to;
    if (isNew || !isHere) this.#subscribe(from, to).catch(tell);
    this.#paint();
  }

  async #subscribe(from: number, to: number): Promise<void> {
    const asked = {};
    this.#asked = asked;
    const order = this.#order;
    const subscription = await this.#table.window(order, from, to);
    if (this.#asked !== asked) return subscription.drop();
    this.#window?.quotes.drop();
    const quotes = subscription.mirror({
      maxSize: to - from,
      resubscribe: () => this.#table.window(order, from, to), // when it was too slow
    });
    quotes.listen("all", this.#paint);
    this.#window = { from, to, quotes };
    this.#paint();
  }

  #draw(): void {
    if (this.#window === undefined) return;
    const { from, quotes } = this.#window;
    for (const [at, quote] of quotes.toArray().entries()) {
      const row = (rows.children[at] ?? rows.appendChild(newRow())) as HTMLElement;
      row.style.top = `${(from + at) * ROW_PX}px`;
      row.setAttribute("aria-rowindex", `${from + at + 2}`); // after the head
      const isSame = row.dataset.id === `${quote.id}`;
      row.classList.toggle("changed", isSame && row.dataset.changes !== `${quote.changes}`);
      Object.assign(row.dataset, { id: `${quote.id}`, changes: `${quote.changes}` });
      const texts = [quote.name, quote.price.toFixed(2), integer(quote.changes)];
      for (const [column, text] of texts.entries()) setText(row.children[column] as Element, text);
    }
    while (rows.children.length > quotes.length) rows.lastElementChild?.remove();
    setText(status, `Subscribed to ${quotes.length} of ${integer(this.#count)} rows.`);
  }
}

function newRow(): HTMLElement {
  const row = document.createElement("tr");
  for (let column = 0; column < 3; column += 1) row.appendChild(document.createElement("td"));
  return row;
}

/** Everybody sees and sets the same pace. */
async function keepPace(table: Table): Promise<void> {
  pace.addEventListener("change", () => table.setPace(Number(pace.value)).catch(tell));
  for await (const now of table.pace) pace.value = `${now}`;
}

function tell(error: unknown): void {
  alertBox.hidden = false;
  setText(alertBox, `${error instanceof Error ? error.message : error} Reload the page to connect again.`);
}

try {
  const table = await consume(Table, new URL("/table", location.href).href.replace(/^http/, "ws"));
  new TableView(table);
  await keepPace(table);
} catch (error) {
  tell(error);
}
