import { Signal } from "signal-polyfill";
import { asSignal } from "../../../ts/signals.ts";
import { ids, places, type Scene } from "./stage.ts";

/** Plain DOM and the polyfill of the proposal: each text is a computation that a watcher looks after. */
export const signalScene: Scene = (root, { rows, names, load }, rendered) => {
  const size = asSignal(Signal, rows, ({ size }) => size);
  const all = asSignal(Signal, rows);
  const window = asSignal(Signal, names, places);
  const value = asSignal(Signal, load);
  const texts: [HTMLElement, () => string][] = [
    [part("output", { part: "size" }), () => `${size.get()}`],
    [part("output", { part: "version" }), () => `${all.get().version}`],
    [part("output", { part: "window" }), () => window.get().join(", ")],
    [part("output", { part: "load" }), () => `${value.get()}`],
    ...ids.map((id): [HTMLElement, () => string] => {
      const row = asSignal(Signal, rows, { key: id });
      const text = () => {
        rendered(id);
        return `${row.get()?.name ?? "gone"} ${row.get()?.price ?? ""}`;
      };
      return [part("li", { id: `${id}` }), text];
    }),
  ];
  root.append(...texts.map(([element]) => element));
  return show(texts);
};

function part(tag: string, data: Record<string, string>): HTMLElement {
  const element = document.createElement(tag);
  Object.assign(element.dataset, data);
  return element;
}

/** Keeps the texts current; returns what ends that. */
function show(texts: readonly [HTMLElement, () => string][]): () => void {
  let isQueued = false;
  const watcher = new Signal.subtle.Watcher(() => {
    if (isQueued) return;
    isQueued = true;
    queueMicrotask(() => {
      isQueued = false;
      for (const pending of watcher.getPending()) pending.get();
      watcher.watch();
    });
  });
  const computed = texts.map(
    ([element, text]) =>
      new Signal.Computed(() => {
        element.textContent = text();
      }),
  );
  watcher.watch(...computed);
  for (const one of computed) one.get();
  return () => watcher.unwatch(...computed);
}
