import { t } from "../../../ts/index.ts";

export const Row = t.struct("Row", { name: t.str, price: t.f64 });
export const Rows = t.observableMap.subscription(t.u32, Row);
export const Names = t.observableVec.subscription(t.str);
export const Quotes = t.observableVec.subscription(Row);

/** What the worker of these tests gives to its page. */
export const Stage = t.struct("Stage", {
  rows: Rows,
  names: Names,
  /** Sets the price of a row. */
  setPrice: t.rfn([t.u32, t.f64], t.unit),
  /** Of 100 000 quotes those in places from one number up to but without another. */
  quotes: t.rfn([t.u32, t.u32], Quotes),
  /** How many subscribers the quotes have. */
  quoteSubscribers: t.rfn([], t.u32),
  /** Sets the price of the quote in a place. */
  setQuote: t.rfn([t.u32, t.f64], t.unit),
  /** Puts another name in a place. */
  setName: t.rfn([t.u32, t.str], t.unit),
  /** Ends all subscriptions of the rows; from then on there are other rows: ids below the number, at price 0. */
  restart: t.rfn([t.u32], t.unit),
  /** A new subscription of the rows. */
  subscribe: t.rfn([], Rows),
});

/** How many rows and names there are at first, and how many quotes. */
export const COUNT = 2_000;
export const QUOTES = 100_000;
