/** A table in React. */

// #region readme
import { memo, Suspense } from "react";
import type { MirroredMap, watch } from "../../ts/index.ts";
import { useEntry, useLive, useSynced, useWatch } from "../../ts/react.ts";

type Prices = MirroredMap<string, number>;

/** Renders again when the price of `name` changes, and at no other change. */
const Price = memo(function Price({ prices, name }: { prices: Prices; name: string }) {
  return (
    <li>
      {name}: {useEntry(prices, name)}
    </li>
  );
});

function List({ prices }: { prices: Prices }) {
  useSynced(prices); // suspends until everything is here
  const names = useLive(prices, (all) => [...all.keys()].join("\n")).split("\n");
  return names.map((name) => <Price key={name} prices={prices} name={name} />);
}

export function App({ prices, load }: { prices: Prices; load: watch.Receiver<number> }) {
  const lost = useLive(prices, ({ error }) => error);
  return (
    <>
      <p>
        Load {useWatch(load)} {lost && `no longer current: ${lost.message}`}
      </p>
      <ul>
        <Suspense fallback="…">
          <List prices={prices} />
        </Suspense>
      </ul>
    </>
  );
}
// #endregion
