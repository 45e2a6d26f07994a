import { describe, expect, expectTypeOf, test } from "vitest";
import { type Descriptor, type Infer, t } from "../../ts/index.ts";

describe("the TypeScript type of a descriptor", () => {
  test("of a generic type is inferred through the function that makes it", () => {
    const page = <T>(item: Descriptor<T>) => t.struct({ items: t.vec(item), next: t.option(t.u32) });
    const Numbers = page(t.u8);
    expectTypeOf<Infer<typeof Numbers>>().toEqualTypeOf<{ items: number[]; next: number | null }>();
    const Pages = page(page(t.str));
    expectTypeOf<Infer<typeof Pages>>().toEqualTypeOf<{
      items: { items: string[]; next: number | null }[];
      next: number | null;
    }>();
  });

  test("that is recursive is the one that is spelled out, also through several types", () => {
    interface Folder {
      name: string;
      entries: Map<string, Entry>;
    }
    type Entry = { File: bigint } | { Folder: Folder };
    const Folder: Descriptor<Folder> = t.struct({
      name: t.str,
      entries: t.map(
        t.str,
        t.lazy(() => Entry),
      ),
    });
    const Entry: Descriptor<Entry> = t.enum({ File: t.u64, Folder: t.lazy(() => Folder) });
    expectTypeOf<Infer<typeof Folder>>().toEqualTypeOf<Folder>();
    const list = t.vec(Entry);
    expectTypeOf<Infer<typeof list>>().toEqualTypeOf<Entry[]>();
    // @ts-expect-error: what is spelled out must be what is described
    const wrong: Descriptor<Folder> = t.struct({
      name: t.u8,
      entries: t.map(
        t.str,
        t.lazy(() => Entry),
      ),
    });
    expect(wrong.kind).toBe("struct");
  });

  test("of an internally tagged enum is a discriminated union", () => {
    const Shape = t.internallyTagged("type", { Dot: t.unit, Circle: t.struct({ radius: t.f64 }) });
    type Shape = Infer<typeof Shape>;
    expectTypeOf<Shape>().toEqualTypeOf<{ type: "Dot" } | { type: "Circle"; radius: number }>();
    const area = (shape: Shape): number => (shape.type === "Circle" ? shape.radius ** 2 : 0);
    expect(area({ type: "Circle", radius: 2 })).toBe(4);
  });

  test("of an adjacently tagged enum is one, too", () => {
    const Message = t.adjacentlyTagged("t", "c", { Quit: t.unit, Write: t.str });
    expectTypeOf<Infer<typeof Message>>().toEqualTypeOf<{ t: "Quit" } | { t: "Write"; c: string }>();
  });

  test("of an untagged enum is the union of its payloads", () => {
    const Value = t.untagged(t.unit, t.str, t.vec(t.u8));
    expectTypeOf<Infer<typeof Value>>().toEqualTypeOf<null | string | number[]>();
  });

  test("of flattened fields is the one of fields", () => {
    const Query = t.struct({ text: t.str, page: t.flatten(t.struct({ offset: t.u8 })) });
    expectTypeOf<Infer<typeof Query>>().toEqualTypeOf<{ text: string; page: { offset: number } }>();
  });

  test("of a brand is told apart from others", () => {
    const UserId = t.brand("UserId", t.u64);
    type UserId = Infer<typeof UserId>;
    expectTypeOf<UserId>().toExtend<bigint>();
    expectTypeOf<bigint>().not.toExtend<UserId>();
    const OrderId = t.brand("OrderId", t.u64);
    expectTypeOf<Infer<typeof OrderId>>().not.toExtend<UserId>();
    expect(UserId).toBe(t.u64);
  });

  test("is never any, and unknown where nothing is known", () => {
    expectTypeOf<Infer<typeof t.any>>().toBeUnknown();
    expectTypeOf<Infer<typeof t.errors.receive>>().not.toBeAny();
    expectTypeOf<Infer<typeof t.errors.closedReason>>().toEqualTypeOf<"Closed" | "Dropped" | "Failed">();
    const sending = t.errors.oneshotSend(t.u8);
    expectTypeOf<Infer<typeof sending>>().toEqualTypeOf<{ Closed: number } | "Failed" | "Dropped">();
  });
});
