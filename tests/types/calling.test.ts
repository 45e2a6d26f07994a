/** What the compiler knows of traits, functions and objects; and what it says no to. */

import { expect, expectTypeOf, test } from "vitest";
import {
  type ArgsOf,
  type Client,
  type ClientOf,
  type CuttleError,
  type ErrorOf,
  type Handle,
  type Impl,
  type Infer,
  type Lazy,
  type LazyBlob,
  type MethodError,
  type Request,
  type RwLock,
  type Service,
  service,
  t,
  type watch,
} from "../../ts/index.ts";
import type * as imported from "../interop/imported.ts";
import * as shapes from "./shapes.ts";

const Failed = t.enum("Failed", { Full: t.struct({ free: t.u32, name: t.str }), Busy: t.unit, Call: t.callError });
const Room = service("Room", { say: t.method("&self", { text: t.str }, t.unit) });
const Lobby = service("Lobby", {
  count: t.method("&self", {}, t.u32),
  watch: t.method("&mut self", {}, t.watch.receiver(t.u32)),
  open: t.method("&self", { name: t.str, limit: t.option(t.u32) }, t.client(Room), Failed),
});
declare const lobby: ClientOf<typeof Lobby>;
declare const error: unknown;

/** Never runs: the compiler is what is tested. */
const never = (body: (...args: never[]) => unknown): unknown => body;

test("a client has the methods with their arguments and results", () => {
  never(() => lobby.count());
  never(() => lobby.count({}, { signal: AbortSignal.timeout(1) }));
  expectTypeOf<ReturnType<typeof lobby.count>>().toEqualTypeOf<Promise<number>>();
  expectTypeOf<Awaited<ReturnType<typeof lobby.watch>>>().toEqualTypeOf<watch.Receiver<number>>();
  never(() => lobby.open({ name: "a" }));
  never(() => lobby.open({ name: "a", limit: 3 }, { signal: AbortSignal.timeout(1) }));
  // @ts-expect-error: the name is missing.
  never(() => lobby.open({}));
  // @ts-expect-error: the name is text.
  never(() => lobby.open({ name: 3 }));
  // @ts-expect-error: there is no such method.
  never(() => lobby.close());
  // @ts-expect-error: arguments that can be left out are still known by name.
  never(() => lobby.open({ name: "a", limits: 3 }));
});

test("a client that a method returns can be awaited or used at once", () => {
  expectTypeOf<Awaited<ReturnType<typeof lobby.open>>>().toExtend<ClientOf<typeof Room>>();
  never(() => expectTypeOf(lobby.open({ name: "a" }).say({ text: "b" })).toEqualTypeOf<Promise<null>>());
});

test("errors narrow to the fields of their variant", () => {
  never(() => {
    if (Failed.is(error, "Full")) expectTypeOf(error.free).toEqualTypeOf<number>();
    if (Failed.is(error, "Call")) expectTypeOf(error.value).toEqualTypeOf<Infer<typeof Failed>>();
    if (Failed.is(error)) expectTypeOf(error).toExtend<MethodError<Infer<typeof Failed>>>();
    // @ts-expect-error: there is no such variant.
    Failed.is(error, "Fulll");
    // @ts-expect-error: a field is missing.
    throw Failed.error({ Full: { free: 3 } });
  });
  expectTypeOf<Infer<typeof Failed>>().toEqualTypeOf<
    { Full: { free: number; name: string } } | "Busy" | { Call: CuttleError }
  >();
});

test("an implementation is held to its service", () => {
  expectTypeOf<Impl<typeof Room>["say"]>().toBeCallableWith(
    { text: "a" },
    {
      signal: new AbortController().signal,
      conn: undefined,
    },
  );
  expectTypeOf<ArgsOf<typeof Lobby, "open">>().toEqualTypeOf<{ name: string; limit: number | null }>();
  const ok: Impl<typeof Room> = { say: () => null };
  // @ts-expect-error: the method is missing.
  const missing: Impl<typeof Room> = {};
  // @ts-expect-error: the result is ().
  const wrong: Impl<typeof Room> = { say: () => 3 };
  // @ts-expect-error: the argument is text.
  const other: Impl<typeof Room> = { say: ({ text }: { text: number }) => (text === 0 ? null : null) };
  class Broken implements Impl<typeof Room> {
    // @ts-expect-error: the argument has another name.
    say({ txt }: { txt: string }): null {
      return txt === "" ? null : null;
    }
  }
  never(() => [ok, missing, wrong, other, Broken]);
});

test("the error of each method is known", () => {
  expectTypeOf<ErrorOf<typeof Lobby, "open">>().toEqualTypeOf<Infer<typeof Failed>>();
  expectTypeOf<ErrorOf<typeof Lobby, "count">>().toEqualTypeOf<CuttleError>();
  // @ts-expect-error: only unit variants are names.
  const wrong: ErrorOf<typeof Lobby, "open"> = "Full";
  never(() => wrong);
});

test("a declaration with a mistake is refused where it stands", () => {
  // @ts-expect-error: there is no such receiver.
  never(() => t.method("&mutself", {}, t.unit));
  // @ts-expect-error: arguments have names.
  never(() => t.method("&self", [t.u32], t.unit));
  // @ts-expect-error: a type of TypeScript is no descriptor.
  never(() => t.method("&self", { by: Number }, t.unit));
  // @ts-expect-error: an error is a descriptor.
  never(() => t.method("&self", {}, t.unit, Error));
  // @ts-expect-error: options come behind the error.
  never(() => t.method("&self", {}, t.unit, { noCancel: true }));
  // @ts-expect-error: a method is made by t.method.
  never(() => service("A", { count: () => 3 }));
  // @ts-expect-error: clients are of services.
  never(() => t.client({ count: t.method("&self", {}, t.u32) }));
});

test("an imported contract has the types of the Rust source", () => {
  never(async (counter: imported.CounterClient) => {
    expectTypeOf(await counter.value()).toEqualTypeOf<number>();
    expectTypeOf(await counter.watch()).toEqualTypeOf<watch.Receiver<number>>();
    expectTypeOf(await counter.open({ name: "lobby" }).name()).toEqualTypeOf<string>();
    // @ts-expect-error: Rust knows it as `by`.
    await counter.increase({ amount: 3 });
    // @ts-expect-error: it is no number but a duration.
    await counter.count_to_value({ step: 1, delay: 5 });
  });
  expectTypeOf<ErrorOf<typeof imported.Counter, "increase">>().toEqualTypeOf<imported.IncreaseError>();
  expectTypeOf<imported.IncreaseError>().toEqualTypeOf<
    { Overflow: { current_value: number } } | { Call: CuttleError }
  >();
  expectTypeOf<ArgsOf<typeof imported.Counter, "measure">>().toEqualTypeOf<{ text: string; twice: boolean }>();
  expectTypeOf<imported.Tree["children"]>().toEqualTypeOf<imported.Tree[]>();
  expectTypeOf<Infer<typeof imported.Tree>>().toEqualTypeOf<imported.Tree>();
  expectTypeOf<imported.Objects["secret"]>().toEqualTypeOf<Handle<imported.Secret>>();
});

test("every form that can be imported has its type, and can be declared", () => {
  expectTypeOf<shapes.Tagged>().toEqualTypeOf<
    { type: "unit" } | { type: "of"; items: Uint8Array; next: number | null } | { type: "named"; a: number }
  >();
  expectTypeOf<shapes.Beside>().toEqualTypeOf<
    { t: "Unit" } | { t: "Number"; c: number } | { t: "Two"; c: [number, number] }
  >();
  expectTypeOf<shapes.Any>().toEqualTypeOf<null | number | { a: number } | shapes.Any[]>();
  expectTypeOf<shapes.Flat["page"]>().toEqualTypeOf<{ items: number[]; next: number | null }>();
  expectTypeOf<shapes.Options["type"]>().toEqualTypeOf<"light-blue" | "x" | "unknown">();
  expectTypeOf<shapes.Kind>().toEqualTypeOf<"light-blue" | "x" | "unknown">();
  expectTypeOf<ErrorOf<typeof shapes.Node, "andThen">>().toEqualTypeOf<shapes.Error>();
  never(async (node: shapes.NodeClient) => {
    expectTypeOf(await node.parent().parent()).toExtend<shapes.NodeClient>();
    expectTypeOf(await node.store().get({ key: "a" })).toEqualTypeOf<number | null>();
  });
  expect(shapes.Node.isCloneable).toBe(true);
});

test("requests are told apart by their method", () => {
  type Lobbies = typeof Lobby extends Service<infer M> ? M : never;
  never((request?: Request<Lobbies>) => {
    if (request?.method === "open") expectTypeOf(request.args.name).toEqualTypeOf<string>();
    if (request?.method === "count") expectTypeOf(request.reply).parameter(0).toEqualTypeOf<number>();
  });
});

test("functions and objects have the types of what they carry", () => {
  class Draft {
    readonly text = "";
  }
  const add = t.rfn([t.u32, t.str], t.bool, Failed);
  expectTypeOf<Infer<typeof add>>().toEqualTypeOf<(...args: [number, string]) => Promise<boolean>>();
  const handle = t.handle(Draft);
  expectTypeOf<Infer<typeof handle>>().toEqualTypeOf<Handle<Draft>>();
  const lazy = t.lazyValue(t.vec(t.u8));
  expectTypeOf<Infer<typeof lazy>>().toEqualTypeOf<Lazy<number[]>>();
  expectTypeOf<Infer<typeof t.lazyBlob>>().toEqualTypeOf<LazyBlob>();
  const lock = t.rwLock(t.str);
  expectTypeOf<Infer<typeof lock>>().toEqualTypeOf<RwLock<string>>();
  const client = t.client(Room);
  expectTypeOf<Infer<typeof client>>().toExtend<Client<(typeof Room)["methods"]>>();
});
