// The code that docs/values.md shows. The region is what a reader of the package would write.
// #region readme
import { type Codec, connect, type Descriptor, type Infer, memoryPair, t } from "../../ts/index.ts";

/** `struct Order { id: Uuid, rows: Vec<Row>, note: Option<String> }`; `note` may be left out by either side. */
export const Row = t.struct("Row", { name: t.str, price: t.u32 });
export const Order = t.struct("Order", {
  id: t.uuid,
  rows: t.vec(Row),
  note: t.field("note", t.option(t.str), { skipNone: true }),
});
export type Order = Infer<typeof Order>;

/** A generic type is a function. */
export const page = <T>(item: Descriptor<T>) => t.struct({ items: t.vec(item), next: t.option(t.u32) });

/** A type that contains itself is spelled out, and refers to itself through `t.lazy`. */
export interface Tree {
  value: number;
  children: Tree[];
}
export const Tree: Descriptor<Tree> = t.struct({ value: t.u8, children: t.vec(t.lazy(() => Tree)) });

/** `enum Command { Stop, Say(String), Move { x: i32, y: i32 } }`, and the three other ways that serde has for it. */
export const Command = t.enum("Command", { Stop: t.unit, Say: t.str, Move: t.struct({ x: t.i32, y: t.i32 }) });
export const Tagged = t.internallyTagged("type", { Stop: t.unit, Move: t.struct({ x: t.i32, y: t.i32 }) });
export const Adjacent = t.adjacentlyTagged("t", "c", { Stop: t.unit, Say: t.str });
export const Untagged = t.untagged(t.unit, t.str, t.struct({ x: t.i32, y: t.i32 }));

/** What is flattened has a field of its own here, and none on the wire. */
export const Query = t.struct({
  text: t.str,
  range: t.flatten(t.struct({ offset: t.u32, limit: t.u32 })),
  rest: t.flatten(t.record(t.str)),
});

/** For TypeScript an `OrderId` is no other string. */
export const OrderId = t.brand("OrderId", t.uuid);

/** What arrives at the other end of a connection with this codec. */
export async function sent<T>(type: Descriptor<T>, value: T, codec: Codec): Promise<T | undefined> {
  const { a, b } = memoryPair();
  const [near, far] = await Promise.all([connect(a, { send: type, codec }), connect(b, { receive: type, codec })]);
  await near.tx.send(value);
  const received = await far.rx.recv();
  await Promise.all([near.close(), far.close()]);
  return received;
}

/** Every descriptor is a Standard Schema: what is wrong with a form, by field. */
export function problems(form: unknown): string[] {
  const { issues = [] } = Order["~standard"].validate(form);
  return issues.map(({ message, path }) => `${path?.join(".")}: ${message}`);
}
// #endregion
