/** What the page of the live table and its server say to each other. */

import { type Infer, t } from "../ts/index.ts";

/** One row. */
export const Quote = t.struct("Quote", { id: t.u32, name: t.str, price: t.f64, changes: t.u32 });
export type Quote = Infer<typeof Quote>;

/** The order of the rows and the letter that their names begin with, "" for all. */
export const Order = t.struct("Order", { by: t.str, letter: t.str });
export type Order = Infer<typeof Order>;

/** What the server gives to a page. */
export const Table = t.struct("Table", {
  /** How many rows there are for each letter, and for "". */
  counts: t.map(t.str, t.u32),
  /** The rows in the places from one number up to but without another, of an order; they change by themselves. */
  window: t.rfn([Order, t.u32, t.u32], t.observableVec.subscription(Quote)),
  /** How many rows change in a second, for all pages. */
  pace: t.watch.receiver(t.u32),
  setPace: t.rfn([t.u32], t.unit),
});
export type Table = Infer<typeof Table>;
