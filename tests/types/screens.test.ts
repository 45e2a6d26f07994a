/** What hooks and their like give; checked by the compiler, the run only counts it. */
import type { Accessor } from "solid-js";
import { expectTypeOf, test } from "vitest";
import type { Ref } from "vue";
import type { MirroredMap, MirroredVec, watch } from "../../ts/index.ts";
import * as react from "../../ts/react.ts";
import { asSignal, type SignalNamespace } from "../../ts/signals.ts";
import * as solid from "../../ts/solid.ts";
import * as svelte from "../../ts/svelte.ts";
import * as vue from "../../ts/vue.ts";

declare const map: MirroredMap<string, { price: number }>;
declare const vec: MirroredVec<Date>;
declare const rx: watch.Receiver<boolean>;
declare const Signal: SignalNamespace;

/** Only the compiler looks at the body. */
function compiled(_: () => unknown): void {}

test("React: hooks give what the collection holds", () => {
  compiled(() => {
    expectTypeOf(react.useEntry(map, "a")).toEqualTypeOf<{ price: number } | undefined>();
    expectTypeOf(react.useRange(vec, { from: 0, to: 1 })).toEqualTypeOf<readonly Date[]>();
    expectTypeOf(react.useLive(map)).toEqualTypeOf<typeof map>();
    expectTypeOf(react.useLive(map, ({ size }) => `${size}`)).toEqualTypeOf<string>();
    expectTypeOf(react.useSynced(vec)).toEqualTypeOf<typeof vec>();
    expectTypeOf(react.useWatch(rx)).toEqualTypeOf<boolean>();
    // @ts-expect-error: keys are strings
    react.useEntry(map, 1);
    // @ts-expect-error: a map has no places
    react.useRange(map, { from: 0, to: 1 });
  });
});

test("Vue: as refs that are read", () => {
  compiled(() => {
    expectTypeOf(vue.useEntry(() => map, "a")).toEqualTypeOf<Readonly<Ref<{ price: number } | undefined>>>();
    expectTypeOf(vue.useLive(vec, ({ length }) => length)).toEqualTypeOf<Readonly<Ref<number>>>();
    expectTypeOf(vue.useWatch(rx)).toEqualTypeOf<Readonly<Ref<boolean>>>();
  });
});

test("Svelte: as something current, which is also a store", () => {
  compiled(() => {
    expectTypeOf(svelte.entry(map, "a").current).toEqualTypeOf<{ price: number } | undefined>();
    expectTypeOf(svelte.live(vec, ({ length }) => length)).toEqualTypeOf<svelte.Shown<number>>();
    svelte.watched(rx).subscribe((value) => expectTypeOf(value).toEqualTypeOf<boolean>());
  });
});

test("Solid: as accessors", () => {
  compiled(() => {
    expectTypeOf(solid.createEntry(map, () => "a")).toEqualTypeOf<Accessor<{ price: number } | undefined>>();
    expectTypeOf(solid.createRange(vec, { from: 0, to: 1 })).toEqualTypeOf<Accessor<readonly Date[]>>();
    expectTypeOf(solid.createWatch(rx)).toEqualTypeOf<Accessor<boolean>>();
  });
});

test("signals: by what is looked at", () => {
  compiled(() => {
    expectTypeOf(asSignal(Signal, map, { key: "a" }).get()).toEqualTypeOf<{ price: number } | undefined>();
    expectTypeOf(asSignal(Signal, vec, { from: 0, to: 1 }).get()).toEqualTypeOf<readonly Date[]>();
    expectTypeOf(asSignal(Signal, map, ({ size }) => size).get()).toEqualTypeOf<number>();
    expectTypeOf(asSignal(Signal, rx).get()).toEqualTypeOf<boolean>();
    expectTypeOf(asSignal(Signal, map).get()).toEqualTypeOf<typeof map>();
  });
});
