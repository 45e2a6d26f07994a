import { connect, t } from "../../ts/index.ts";
import type { OpenCopy } from "./table.ts";

const Entry = t.struct("Row", { name: t.str, price: t.f64, count: t.u32 });
export const Table = t.observableMap.subscription(t.u32, Entry);
export type Table = NonNullable<(typeof Table)["~type"]>;

export const openCopy: OpenCopy = async (url, rows) => {
  const conn = await connect<null, Table>(url, { receive: Table });
  const subscription = await conn.rx.recv();
  if (subscription === undefined) throw new Error("nothing came");
  const mirror = subscription.mirror({ maxSize: 2 * rows });
  while (!mirror.borrow().isComplete) await mirror.changed();
  return {
    get size() {
      return mirror.size;
    },
    get: (key) => mirror.get(key),
    async changed() {
      await mirror.changed();
      mirror.borrow();
    },
    async close() {
      mirror.drop();
      await conn.close();
    },
  };
};
