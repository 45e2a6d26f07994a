/** A list in Solid. */

// #region readme
import { createSignal } from "solid-js";
import h from "solid-js/h"; // or JSX
import type { MirroredMap } from "../../ts/index.ts";
import { createEntry, createLive } from "../../ts/solid.ts";

/** Shows one price at a time. */
export function Prices({ prices }: { prices: MirroredMap<string, number> }) {
  const size = createLive(prices, (all) => all.size);
  const [name, setName] = createSignal("ACME");
  const price = createEntry(prices, name); // follows `name`, too
  return h("div", [
    h("p", () => `${name()}: ${price()}, one of ${size()}`),
    h("button", { onClick: () => setName("OTHER") }, "other"),
  ]);
}
// #endregion
