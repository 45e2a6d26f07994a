import {
  consume,
  type Infer,
  type MapSubscription,
  type MirroredMap,
  type MirroredVec,
  t,
  watch,
} from "../../../ts/index.ts";
import { COUNT, type Row, Stage } from "./contract.ts";

/** A row of the table. */
export type RowValue = Infer<typeof Row>;

/** What scenes show. */
export interface Shown {
  readonly rows: MirroredMap<number, RowValue>;
  readonly names: MirroredVec<string>;
  readonly load: watch.Receiver<number>;
  readonly source: Infer<typeof Stage>;
}

/** Shows it below `root` with a framework: `rendered` is called whenever a row is rendered. Returns what ends that. */
export type Scene = (root: HTMLElement, shown: Shown, rendered: (id: number) => void) => () => void;

/** The rows that scenes show, all of them; and the places of the names. */
export const ids: readonly number[] = Array.from({ length: COUNT }, (_, id) => id);
export const places = { from: 10, to: 15 };

/** A worker, its collections mirrored here, and how many listen to them. */
export interface Opened extends Shown {
  readonly loadTx: watch.Sender<number>;
  /** Listeners of both mirrors and receivers of the watch channel, beside the one that is shown. */
  listeners(): number;
}

/** Starts the worker, and resolves when everything of it is here. */
export async function open(): Promise<Opened> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const source = await consume(Stage, worker);
  const rows = mirrorRows(source.rows, () => source.subscribe());
  const names = source.names.mirror({ maxSize: 1_000_000 });
  while (!rows.isComplete) await rows.changed();
  const [loadTx, load] = watch.channel(t.f64, 0);
  const counts = [countListeners(rows), countListeners(names)];
  const listeners = () => counts.reduce((sum, count) => sum + count(), 0) + loadTx.receiverCount - 1;
  return { source, rows, names, load, loadTx, listeners };
}

/** A mirror of rows that comes back when it loses its source. */
export function mirrorRows(
  subscription: MapSubscription<number, RowValue>,
  again: () => Promise<MapSubscription<number, RowValue>>,
): MirroredMap<number, RowValue> {
  return subscription.mirror({ maxSize: 1_000_000, resubscribe: again });
}

/** Counts from now on who listens to a collection. */
export function countListeners(collection: { listen: (...args: never[]) => () => void }): () => number {
  const listen = collection.listen.bind(collection);
  let count = 0;
  collection.listen = (...args) => {
    const stop = listen(...args);
    count += 1;
    let isOn = true;
    return () => {
      stop();
      if (isOn) count -= 1;
      isOn = false;
    };
  };
  return () => count;
}
