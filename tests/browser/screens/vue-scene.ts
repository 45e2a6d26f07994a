import { createApp, defineComponent, h } from "vue";
import { useEntry, useLive, useRange, useWatch } from "../../../ts/vue.ts";
import { ids, places, type Scene } from "./stage.ts";

export const vueScene: Scene = (root, { rows, names, load }, rendered) => {
  const Row = defineComponent({
    props: { id: { type: Number, required: true } },
    setup(props) {
      const row = useEntry(rows, () => props.id);
      return () => {
        rendered(props.id);
        return h("li", { "data-id": props.id }, `${row.value?.name ?? "gone"} ${row.value?.price ?? ""}`);
      };
    },
  });
  const Rows = defineComponent(
    () => () =>
      h(
        "ul",
        null,
        ids.map((id) => h(Row, { key: id, id })),
      ),
  );
  const app = createApp(
    defineComponent(() => {
      const size = useLive(rows, ({ size }) => size);
      const all = useLive(rows);
      const window = useRange(names, places);
      const value = useWatch(load);
      return () => [
        h("output", { "data-part": "size" }, size.value),
        h("output", { "data-part": "version" }, all.value.version),
        h("output", { "data-part": "window" }, window.value.join(", ")),
        h("output", { "data-part": "load" }, value.value),
        h(Rows),
      ];
    }),
  );
  app.mount(root);
  return () => app.unmount();
};
