/** A table that a server changes and pages show. */

// #region readme
import { consume, type Infer, ObservableMap, provide, type Target, t } from "../../ts/index.ts";

export const Row = t.struct("Row", { name: t.str, price: t.f64 });
export const Table = t.observableMap.subscription(t.str, Row);

/** The server's: every change of it is told to every page, in order. */
export const rows = new ObservableMap<string, Infer<typeof Row>>();

export async function offer(client: Target): Promise<void> {
  await provide(Table, rows.subscribe({ incremental: true }), { to: client });
}

export function changePrices(): void {
  rows.transaction(() => {
    rows.set("ACME", { name: "Acme", price: 1 });
    using row = rows.getMut("ACME"); // an edit: one change when the block ends
    if (row !== undefined) row.value.price = 2;
  });
}

/** In the page: a read-only Map that changes by itself. */
export async function show(server: Target, paint: (price: number | undefined) => void): Promise<() => void> {
  const mirror = (await consume(Table, server)).mirror({ maxSize: 200_000 });
  mirror.listen({ key: "ACME" }, () => paint(mirror.get("ACME")?.price)); // called for that row alone
  return () => mirror.drop(); // ends the connection, too: nothing else is on it
}
// #endregion
