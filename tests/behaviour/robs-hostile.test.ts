/** Live collections that are used as they should not be, and whose luck runs out. */

import { expect, test, vi } from "vitest";
import { ObservableList, ObservableMap, ObservableVec, type Step, t } from "../../ts/index.ts";
import { withBystander } from "./support/bystander.ts";
import { VirtualClock } from "./support/clock.ts";
import { pass } from "./support/pair.ts";
import { codeOf, until } from "./support/wait.ts";

const Vec = t.observableVec.subscription(t.u32);
const Dict = t.observableMap.subscription(t.str, t.u32);

async function failed(mirror: { readonly error: unknown }): Promise<unknown> {
  await until(
    () => mirror.error !== undefined,
    () => "the mirror failed",
  );
  return mirror.error;
}

function thrown(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
}

test("a mirror cannot be changed by its holder", () => {
  const map = new ObservableMap([["a", 1]]).subscribe().mirror({ maxSize: 9 });
  expect(() => map.set("b", 2)).toThrow("local_misuse");
  expect(() => map.delete("a")).toThrow("local_misuse");
  expect(() => map.clear()).toThrow("local_misuse");
  expect(() => map.getOrInsert("b", 1)).toThrow("local_misuse");
  expect(map.getOrInsert("a", 5)).toBe(1);
  map.drop();
});

test("a mirror whose maxSize is no number takes nothing", () => {
  const mirror = new ObservableVec([1]).subscribe().mirror({ maxSize: Number.NaN });
  expect(mirror.error).toMatchObject({ code: "local_misuse" });
});
test("R09: a subscriber that stops reading is told that it lags; memory is bounded and others see everything", async () => {
  await withBystander({ toB: Dict }, async (slow) => {
    await withBystander({ toB: Dict }, async (quick) => {
      const source = new ObservableMap<string, number>();
      const idle = await pass(slow.a, slow.b, source.subscribe({ buffer: 10 }));
      const mirror = (await pass(quick.a, quick.b, source.subscribe())).mirror({ maxSize: 100 });
      let most = 0;
      for (let round = 0; round < 20; round += 1) {
        for (let at = 0; at < 100; at += 1) source.set(`key ${at}`, round);
        await slow.quiet();
        most = Math.max(most, slow.b.stats().bufferedBytes);
      }
      await until(
        () => mirror.get("key 99") === 19,
        () => "the other followed",
      );
      expect([mirror.size, mirror.error]).toEqual([100, undefined]);
      expect(most).toBeLessThan(64 * 1024);
      idle.takeInitial();
      let code = "";
      while (code === "") code = await codeOf(idle.recv()).catch(() => "");
      expect(code).toBe("local_lagged");
      idle.drop();
      mirror.drop();
      source.close();
    });
  });
});

test("a mirror that lags subscribes again by itself, and shows the change in one step", async () => {
  await withBystander({ toB: Dict }, async ({ a, b, own }) => {
    const source = own(new ObservableMap<string, number>([["gone", 0]]));
    const reasons: string[] = [];
    const mirror = (await pass(a, b, source.subscribe({ buffer: 3 }))).mirror({
      maxSize: 1_000,
      resubscribe: async (reason) => {
        reasons.push(reason.code);
        return await pass(a, b, source.subscribe({ incremental: true }));
      },
    });
    const steps: Step<unknown>[] = [];
    const heard = { gone: 0 };
    mirror.listen("all", (step) => steps.push(step));
    mirror.listen({ key: "gone" }, () => {
      heard.gone += 1;
    });
    source.delete("gone");
    for (let at = 0; at < 200; at += 1) source.set(`key ${at}`, at);
    await until(
      () => mirror.size === 200,
      () => "it caught up",
    );
    expect([reasons, steps.some(({ isReset }) => isReset)]).toEqual([["local_lagged"], true]);
    expect([...mirror]).toEqual([...source]);
    source.set("later", 1);
    source.done();
    await until(
      () => mirror.isDone,
      () => "done came",
    );
    expect([mirror.get("later"), mirror.error]).toEqual([1, undefined]);
    expect(heard.gone).toBeGreaterThan(0);
  });
});

test("changes that listeners make are steps of their own, here and at a mirror, in the same order", async () => {
  await withBystander({ toB: Dict }, async ({ a, b, own }) => {
    const source = own(new ObservableMap<string, number>());
    const mirror = (await pass(a, b, source.subscribe())).mirror({ maxSize: 10 });
    const seen: string[][] = [];
    const note = (step: Step<unknown>): unknown => seen.push(step.events.map((event) => JSON.stringify(event)));
    source.listen({ key: "a" }, () => {
      const value = source.get("a") ?? 0;
      if (value < 3) source.set("a", value + 1).set("b", value);
    });
    source.listen("all", note);
    source.set("a", 1);
    const changes = ['{"Set":["a",1]}', '{"Set":["a",2]}', '{"Set":["b",1]}', '{"Set":["a",3]}', '{"Set":["b",2]}'];
    expect(seen).toEqual(changes.map((change) => [change]));
    const refused: unknown[] = [];
    mirror.listen("all", (step) => {
      note(step);
      refused.push(thrown(() => mirror.clear()));
    });
    seen.length = 0;
    source.done();
    await until(
      () => mirror.isDone,
      () => "done came",
    );
    expect(refused).toEqual(refused.map(() => expect.objectContaining({ code: "local_misuse" })));
    expect([...mirror]).toEqual([...source]);
    expect(seen.flat().slice(1)).toEqual([...changes, '"Done"']);
  });
});

test("a change after done is refused, and mirrors are told nothing of it", async () => {
  await withBystander({ toB: Dict }, async ({ a, b, own }) => {
    const source = own(new ObservableMap([["a", 1]]));
    const edit = source.getMut("a");
    const mirror = (await pass(a, b, source.subscribe())).mirror({ maxSize: 10 });
    source.done();
    if (edit !== undefined) edit.value = 2;
    for (const change of [() => source.set("a", 3), () => source.clear(), () => edit?.commit()]) {
      expect(change).toThrow("local_misuse");
    }
    await until(
      () => mirror.isDone,
      () => "done came",
    );
    const late = (await pass(a, b, source.subscribe())).mirror({ maxSize: 10 });
    await late.changed();
    expect([[...source], [...mirror], [...late], late.isDone]).toEqual([[["a", 1]], [["a", 1]], [["a", 1]], true]);
  });
});

test("two mirrors of one source see the same steps", async () => {
  await withBystander({ toB: Dict }, async ({ a, b, own }) => {
    const source = own(new ObservableMap<string, number>());
    const one = (await pass(a, b, source.subscribe())).mirror({ maxSize: 1_000 });
    const other = (await pass(a, b, source.subscribe({ incremental: true }))).mirror({ maxSize: 1_000 });
    for (let at = 0; at < 300; at += 1) {
      if (at % 3 === 2) source.delete(`key ${at - 1}`);
      else source.set(`key ${at}`, at);
    }
    source.done();
    await until(
      () => one.isDone && other.isDone,
      () => "both are done",
    );
    expect([...one]).toEqual([...source]);
    expect([...other]).toEqual([...source]);
  });
});

test("keys that are objects are the same when they hold the same, here and there", async () => {
  const Point = t.struct({ x: t.u32, y: t.u32 });
  const type = t.observableMap.subscription(Point, t.str);
  await withBystander({ toB: type }, async ({ a, b, own }) => {
    const source = own(new ObservableMap([[{ x: 1, y: 2 }, "first"]]));
    const mirror = (await pass(a, b, source.subscribe())).mirror({ maxSize: 10 });
    source.set({ y: 2, x: 1 }, "second");
    source.set({ x: 3, y: 4 }, "other");
    source.delete({ x: 3, y: 4 });
    source.done();
    await until(
      () => mirror.isDone,
      () => "done came",
    );
    expect([[...mirror], mirror.get({ x: 1, y: 2 })]).toEqual([[[{ x: 1, y: 2 }, "second"]], "second"]);
  });
});

test("__proto__, -0 and NaN are keys like others, over a connection too", async () => {
  const type = t.struct({
    names: t.observableMap.subscription(t.str, t.u32),
    numbers: t.observableMap.subscription(t.f64, t.u32),
  });
  await withBystander({ toB: type }, async ({ a, b, own }) => {
    const names = own(new ObservableMap<string, number>());
    const numbers = own(new ObservableMap([[-0, 1]]));
    const got = await pass(a, b, { names: names.subscribe(), numbers: numbers.subscribe() });
    const mirrors = { names: got.names.mirror({ maxSize: 9 }), numbers: got.numbers.mirror({ maxSize: 9 }) };
    names.set("__proto__", 7).set("constructor", 8);
    numbers.set(Number.NaN, 2).set(0, 3).set(Number.NaN, 4);
    names.done();
    numbers.done();
    await until(
      () => mirrors.names.isDone && mirrors.numbers.isDone,
      () => "both are done",
    );
    expect([...mirrors.names]).toEqual([...names]);
    expect([...mirrors.numbers]).toEqual([
      [0, 3],
      [Number.NaN, 4],
    ]);
    expect(({} as Record<string, unknown>)["7"]).toBe(undefined);
  });
});

test("a clock that jumps changes nothing", async () => {
  const clock = new VirtualClock();
  await withBystander({ toB: Vec, both: { clock } }, async ({ a, b, own }) => {
    const source = own(new ObservableVec<number>());
    const mirror = (await pass(a, b, source.subscribe())).mirror({ maxSize: 100 });
    const now = vi.spyOn(Date, "now");
    for (const jump of [1e12, -1e12, 0]) {
      now.mockReturnValue(1_700_000_000_000 + jump);
      source.push(jump === 0 ? 0 : 1);
      clock.advance(1_000);
      await until(
        () => mirror.length === source.length,
        () => "it came",
      );
    }
    now.mockRestore();
    source.done();
    await until(
      () => mirror.isDone,
      () => "done came",
    );
  });
});

test("an event that is too large sheds its subscriber, others go on, and the source is told when nobody is left", async () => {
  const type = t.observableMap.subscription(t.str, t.str);
  await withBystander({ toB: type }, async ({ a, b, own }) => {
    const source = own(new ObservableMap<string, string>());
    const errors: string[] = [];
    source.setErrorHandler((error) => errors.push(error.code));
    const small = (await pass(a, b, source.subscribe({ maxItemBytes: 100 }))).mirror({ maxSize: 9 });
    const large = (await pass(a, b, source.subscribe())).mirror({ maxSize: 9 });
    source.set("key", "x".repeat(1_000));
    expect(await failed(small)).toMatchObject({ code: "remote_closed" });
    source.set("other", "y");
    await until(
      () => large.size === 2,
      () => "the other follows",
    );
    expect(errors).toEqual([]);
    large.drop();
    await until(
      () => {
        source.set("other", "z");
        return source.subscriberCount === 0;
      },
      () => "nobody is left",
    );
    source.close();
  });
});

test("a value that does not fit its descriptor ends the subscription to a peer and not the change", async () => {
  await withBystander({ toB: Dict }, async ({ a, b, own }) => {
    const source = own(new ObservableMap<string, number>());
    const errors: string[] = [];
    source.setErrorHandler((error) => errors.push(error.code));
    const mirror = (await pass(a, b, source.subscribe())).mirror({ maxSize: 9 });
    source.set("a", "no number" as unknown as number);
    expect(await failed(mirror)).toMatchObject({ code: "remote_closed" });
    source.set("b", 1);
    expect([errors, source.size]).toEqual([["local_encode"], 2]);
  });
});

test("a subscription that cannot be sent leaves nothing behind once it is dropped", async () => {
  const type = t.struct({ rows: Dict, number: t.u32 });
  await withBystander({ toB: type }, async ({ a, own }) => {
    const source = own(new ObservableMap([["a", 1]]));
    const list = own(new ObservableList([1]));
    const rows = source.subscribe({ incremental: true });
    expect(await codeOf(a.tx.send({ rows, number: -1 }))).toBe("local_encode");
    expect(source.subscriberCount).toBe(1);
    const mirror = rows.mirror({ maxSize: 9 });
    source.set("b", 2);
    await until(
      () => mirror.size === 2 && mirror.isComplete,
      () => "it is used here instead",
    );
    mirror.drop();
    await until(
      () => source.subscriberCount === 0,
      () => "it is gone",
    );
    const items = list.subscribe();
    expect(list.subscriberCount).toBe(1);
    items.drop();
    expect(list.subscriberCount).toBe(0);
  });
});
