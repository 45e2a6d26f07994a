/** The examples of docs/frameworks.md. */

import { createRoot } from "react-dom/client";
import { render } from "solid-js/web";
import { mount, unmount } from "svelte";
import { createApp, h } from "vue";
import { App } from "../../../docs/examples/screen-react.tsx";
import { showPrice } from "../../../docs/examples/screen-signals.ts";
import { Prices as SolidPrices } from "../../../docs/examples/screen-solid.ts";
import SveltePrice from "../../../docs/examples/screen-svelte.svelte";
import { Prices as VuePrices } from "../../../docs/examples/screen-vue.ts";
import { type MirroredMap, ObservableMap, t, watch } from "../../../ts/index.ts";
import { countListeners } from "./stage.ts";

type Prices = MirroredMap<string, number>;
type Show = (root: HTMLElement, prices: Prices, load: watch.Receiver<number>) => () => void;

const shows: Record<string, Show> = {
  React(root, prices, load) {
    const app = createRoot(root);
    app.render(<App prices={prices} load={load} />);
    return () => app.unmount();
  },
  Vue(root, prices) {
    const app = createApp(() => h(VuePrices, { prices }));
    app.mount(root);
    return () => app.unmount();
  },
  Svelte(root, prices, load) {
    const app = mount(SveltePrice, { target: root, props: { prices, load, name: "ACME" } });
    return () => void unmount(app);
  },
  Solid: (root, prices) => render(() => SolidPrices({ prices }) as unknown as Element, root),
  signals: (root, prices) =>
    showPrice(prices, "ACME", (text) => {
      root.textContent = text;
    }),
};

/** Shows an example while its prices change; what stood there before and after, and who listens when it is gone. */
export async function example(root: HTMLElement, name: string): Promise<{ texts: string[]; listeners: number }> {
  const source = new ObservableMap([
    ["ACME", 1],
    ["OTHER", 5],
  ]);
  const prices = source.subscribe({ incremental: true }).mirror({ maxSize: 10 });
  const listeners = countListeners(prices);
  const [tx, load] = watch.channel(t.f64, 0.5);
  const end = shows[name]?.(root, prices, load) ?? (() => undefined);
  const texts: string[] = [];
  const shown = async (part: string): Promise<void> => {
    while (!(root.textContent ?? "").includes(part)) await new Promise(requestAnimationFrame);
    texts.push(root.textContent ?? "");
  };
  await shown("ACME: 1");
  source.set("ACME", 2);
  await shown("ACME: 2");
  const other = Array.from(root.querySelectorAll("button")).at(-1);
  if (other !== undefined) {
    other.click();
    await shown("OTHER: 5");
    source.set("OTHER", 6);
    await shown("OTHER: 6");
  }
  end();
  root.textContent = "";
  await new Promise(requestAnimationFrame);
  return { texts, listeners: listeners() + tx.receiverCount - 1 };
}
