/** A table of any size: TanStack Table and Virtual show a window of it, and only that window is subscribed to. */

// #region readme
import { createColumnHelper, tableFeatures, useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { type LiveSequence, ObservableVec, type VecSubscription } from "../../ts/index.ts";
import { useRange } from "../../ts/react.ts";

/** Subscribes to places at the source, say a remote function that calls `rows.subscribe({ range: { from, to } })`. */
export type SubscribeTo<T> = (from: number, to: number) => Promise<VecSubscription<T>>;

/** A live copy of the rows in some places, which begins at `from`. */
interface Window<T> {
  readonly from: number;
  readonly rows: LiveSequence<T>;
}

/** Follows the places from `from` up to but without `to`; until they are here it shows the places before. */
export function useWindow<T>(subscribe: SubscribeTo<T>, from: number, to: number): Window<T> {
  const [shown, show] = useState<Window<T>>(() => ({ from: 0, rows: new ObservableVec<T>() }));
  useEffect(() => {
    let end = (): void => undefined;
    let isOver = false;
    void subscribe(from, to).then((subscription) => {
      if (isOver) return subscription.drop();
      const rows = subscription.mirror({ maxSize: to - from, resubscribe: () => subscribe(from, to) });
      end = () => rows.drop();
      show({ from, rows });
    });
    return () => {
      isOver = true;
      end();
    };
  }, [subscribe, from, to]);
  return shown;
}

export interface Quote {
  name: string;
  price: number;
}

const features = tableFeatures({});
const column = createColumnHelper<typeof features, Quote>();
const columns = column.columns([
  column.accessor("name", { header: "Name" }),
  column.accessor("price", { header: "Price" }),
]);

/** Windows begin at multiples of this, so that most scrolling needs no new one. */
const STEP = 50;

export function Quotes({ count, subscribe }: { count: number; subscribe: SubscribeTo<Quote> }) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count, getScrollElement: () => scroller.current, estimateSize: () => 20 });
  const visible = virtual.getVirtualItems();
  const from = Math.floor((visible.at(0)?.index ?? 0) / STEP) * STEP;
  const to = Math.ceil(((visible.at(-1)?.index ?? 0) + 1) / STEP) * STEP;

  const window = useWindow(subscribe, from, to);
  const data = useRange(window.rows, { from: 0, to: to - from }) as Quote[];
  const table = useTable({ features, columns, data, getRowId: (_row, at) => `${window.from + at}` });
  const { rows } = table.getRowModel();

  return (
    <div ref={scroller} style={{ height: 400, overflow: "auto" }}>
      <table aria-rowcount={count} style={{ display: "block", height: virtual.getTotalSize(), position: "relative" }}>
        <tbody>
          {visible.map(({ index, start }) => (
            <tr key={index} aria-rowindex={index + 1} style={{ position: "absolute", top: start }}>
              {rows[index - window.from]?.getAllCells().map((cell) => (
                <td key={cell.id}>
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
// #endregion
