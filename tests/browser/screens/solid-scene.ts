import h from "solid-js/h";
import { render } from "solid-js/web";
import { createEntry, createLive, createRange, createWatch } from "../../../ts/solid.ts";
import { ids, places, type Scene } from "./stage.ts";

export const solidScene: Scene = (root, { rows, names, load }, rendered) => {
  const row = (id: number) => {
    const value = createEntry(rows, id);
    const text = () => {
      rendered(id);
      return `${value()?.name ?? "gone"} ${value()?.price ?? ""}`;
    };
    return h("li", { "data-id": id }, text);
  };
  return render(() => {
    const size = createLive(rows, ({ size }) => size);
    const all = createLive(rows);
    const window = createRange(names, places);
    return h("div", [
      h("output", { "data-part": "size" }, size),
      h("output", { "data-part": "version" }, () => all().version),
      h("output", { "data-part": "window" }, () => window().join(", ")),
      h("output", { "data-part": "load" }, createWatch(load)),
      h("ul", ids.map(row)),
    ])();
  }, root);
};
