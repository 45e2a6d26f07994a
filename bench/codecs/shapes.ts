import { t } from "../../ts/index.ts";

/** One kind of value that every codec writes and reads. */
export interface Shape {
  readonly name: string;
  readonly descriptor: t.Descriptor;
  readonly value: unknown;
}

const Address = t.struct("Address", { street: t.str, city: t.str, zip: t.str, country: t.str });
const Person = t.struct("Person", {
  id: t.u32,
  name: t.str,
  email: t.str,
  age: t.u8,
  active: t.bool,
  balance: t.f64,
  tags: t.vec(t.str),
  address: Address,
  manager: t.option(t.u32),
  scores: t.vec(t.u16),
});
const Line = t.struct("Line", { id: t.u32, name: t.str, price: t.f64, quantity: t.u32, available: t.bool });

/** About 350 bytes of JSON: what a small message looks like. */
const struct: Shape = {
  name: "350-byte struct",
  descriptor: Person,
  value: {
    id: 482_913,
    name: "Margarete Vollenweider",
    email: "margarete.vollenweider@example.org",
    age: 47,
    active: true,
    balance: 10_482.75,
    tags: ["customer", "newsletter", "beta"],
    address: { street: "Hauptstrasse 117b", city: "Winterthur", zip: "CH-8400", country: "Switzerland" },
    manager: null,
    scores: [12, 940, 7, 65_535, 381, 22, 5_000],
  },
};

/** Rows of five fields, as a query of a database returns them. */
const table: Shape = {
  name: "10,000-row table",
  descriptor: t.vec(Line),
  value: Array.from({ length: 10_000 }, (_, index) => ({
    id: index,
    name: `article number ${index}`,
    price: ((index * 7919) % 100_000) / 100,
    quantity: (index * 31) % 5_000,
    available: index % 3 !== 0,
  })),
};

/** A byte array and nothing else. */
const bytes: Shape = {
  name: "1 MiB of bytes",
  descriptor: t.bytes,
  value: Uint8Array.from({ length: 1 << 20 }, (_, index) => (index * 2_654_435_761) >>> 24),
};

export const shapes = { struct, table, bytes };
