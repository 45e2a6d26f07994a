/** Owns what the screens show. */

import { type Infer, ObservableMap, ObservableVec, provide } from "../../../ts/index.ts";
import { COUNT, QUOTES, type Row, Stage } from "./contract.ts";

declare const self: Worker;

let rows = rowsAt(1, COUNT);
const names = new ObservableVec<string>();
names.push(...Array.from({ length: COUNT }, (_, at) => `name ${at}`));
/** Made when somebody looks at them. */
let made: ObservableVec<Infer<typeof Row>> | undefined;

function quotes(): ObservableVec<Infer<typeof Row>> {
  if (made !== undefined) return made;
  const vec = new ObservableVec<Infer<typeof Row>>();
  vec.transaction(() => {
    for (let at = 0; at < QUOTES; at += 1) vec.push({ name: `quote ${at}`, price: 1 });
  });
  made = vec;
  return vec;
}

function rowsAt(price: number, count: number): ObservableMap<number, Infer<typeof Row>> {
  const made = new ObservableMap<number, Infer<typeof Row>>();
  for (let id = 0; id < count; id += 1) made.set(id, { name: `row ${id}`, price });
  return made;
}

await provide(
  Stage,
  {
    rows: rows.subscribe({ incremental: true }),
    names: names.subscribe(),
    setPrice: async (id, price) => {
      rows.set(id, { name: `row ${id}`, price });
      return null;
    },
    setName: async (at, name) => {
      names.set(at, name);
      return null;
    },
    restart: async (count) => {
      const before = rows;
      rows = rowsAt(0, count);
      before.close();
      return null;
    },
    subscribe: async () => rows.subscribe({ incremental: true }),
    quotes: async (from, to) => quotes().subscribe({ range: { from, to } }),
    quoteSubscribers: async () => quotes().subscriberCount,
    setQuote: async (at, price) => {
      quotes().set(at, { name: `quote ${at}`, price });
      return null;
    },
  },
  { to: self },
);
