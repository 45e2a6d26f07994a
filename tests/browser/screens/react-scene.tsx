import { createRoot } from "react-dom/client";
import { useEntry, useLive, useRange, useWatch } from "../../../ts/react.ts";
import { ids, places, type Scene, type Shown } from "./stage.ts";

type Rendered = (id: number) => void;

function Row({ rows, id, rendered }: { rows: Shown["rows"]; id: number; rendered: Rendered }) {
  const row = useEntry(rows, id);
  rendered(id);
  return (
    <li data-id={id}>
      {row?.name ?? "gone"} {row?.price ?? ""}
    </li>
  );
}

/** Everything that the scenes show. */
export function Screen({ rows, names, load, rendered }: Shown & { rendered: Rendered }) {
  const size = useLive(rows, ({ size }) => size);
  const { version } = useLive(rows);
  const window = useRange(names, places);
  return (
    <>
      <output data-part="size">{size}</output>
      <output data-part="version">{version}</output>
      <output data-part="window">{window.join(", ")}</output>
      <output data-part="load">{useWatch(load)}</output>
      <Rows rows={rows} rendered={rendered} />
    </>
  );
}

const rowLists = new WeakMap<object, React.ReactNode>();

/** The rows are made once: what renders again are those that changed. */
function Rows({ rows, rendered }: { rows: Shown["rows"]; rendered: Rendered }) {
  const list = rowLists.get(rendered) ?? ids.map((id) => <Row key={id} rows={rows} id={id} rendered={rendered} />);
  rowLists.set(rendered, list);
  return <ul>{list}</ul>;
}

export const reactScene: Scene = (root, shown, rendered) => {
  const app = createRoot(root);
  app.render(<Screen {...shown} rendered={rendered} />);
  return () => app.unmount();
};
