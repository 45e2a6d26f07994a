import { describe, expect, test } from "vitest";
import {
  type Descriptor,
  ObservableList,
  ObservableMap,
  ObservableSet,
  ObservableVec,
  ObservableVecDeque,
  t,
} from "../../ts/index.ts";
import { CODECS, pass, withPair } from "./support/pair.ts";
import { codeOf, until } from "./support/wait.ts";

/** A collection of each kind that holds numbers, and how it is read and changed in the same way. */
interface Subject {
  readonly name: string;
  readonly type: Descriptor<AnySubscription>;
  make(from: number[]): AnyCollection;
}

interface AnyMirror extends Iterable<unknown>, AsyncDisposable {
  readonly isDone: boolean;
  readonly isComplete: boolean;
  readonly error: unknown;
  changed(): Promise<void>;
  drop(): void;
  detach(): Iterable<unknown>;
  subscribe(options?: { incremental?: boolean }): AnySubscription;
}

interface AnySubscription {
  readonly isIncremental: boolean;
  mirror(options: { maxSize: number; resubscribe?: () => AnySubscription }): AnyMirror;
  takeInitial(): Iterable<unknown> | undefined;
  recv(): Promise<unknown>;
  drop(): void;
}

interface AnyCollection extends Iterable<unknown> {
  readonly subscriberCount: number;
  add(value: number): unknown;
  subscribe(options?: { incremental?: boolean; buffer?: number }): AnySubscription;
  done(): void;
  close(): void;
}

const SUBJECTS: Subject[] = [
  {
    name: "map",
    type: t.observableMap.subscription(t.u32, t.u32) as Descriptor as Descriptor<AnySubscription>,
    make: (from) => {
      const map = new ObservableMap(from.map((n) => [n, n * 2] as const));
      return Object.assign(map as unknown as AnyCollection, { add: (n: number) => map.set(n, n * 2) });
    },
  },
  {
    name: "set",
    type: t.observableSet.subscription(t.u32) as Descriptor as Descriptor<AnySubscription>,
    make: (from) => new ObservableSet(from) as unknown as AnyCollection,
  },
  {
    name: "vec",
    type: t.observableVec.subscription(t.u32) as Descriptor as Descriptor<AnySubscription>,
    make: (from) => {
      const vec = new ObservableVec(from);
      return Object.assign(vec as unknown as AnyCollection, { add: (n: number) => vec.push(n) });
    },
  },
  {
    name: "deque",
    type: t.observableVecDeque.subscription(t.u32) as Descriptor as Descriptor<AnySubscription>,
    make: (from) => {
      const deque = new ObservableVecDeque(from);
      return Object.assign(deque as unknown as AnyCollection, { add: (n: number) => deque.pushFront(n) });
    },
  },
  {
    name: "list",
    type: t.observableList.subscription(t.u32) as Descriptor as Descriptor<AnySubscription>,
    make: (from) => {
      const list = new ObservableList(from);
      return Object.assign(list as unknown as AnyCollection, { add: (n: number) => list.push(n) });
    },
  },
];

/** Waits until a mirror shows what the collection holds. */
async function same(mirror: AnyMirror, collection: AnyCollection): Promise<void> {
  const text = (items: Iterable<unknown>): string => JSON.stringify([...items]);
  await until(
    () => mirror.error !== undefined || text(mirror) === text(collection),
    () => `${text(mirror).slice(0, 200)} became ${text(collection).slice(0, 200)}`,
  );
  expect(mirror.error).toBe(undefined);
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

describe.each(CODECS)("over a connection in $name", (codec) => {
  describe.each(SUBJECTS)("a $name", ({ type, make }) => {
    test.each([false, true])("is mirrored from its content on (incremental: %s)", async (incremental) => {
      await withPair("memory", codec, { toB: type }, async ({ a, b }) => {
        const source = make(numbers(200));
        const mirror = (await pass(a, b, source.subscribe({ incremental }))).mirror({ maxSize: 1_000 });
        for (const value of numbers(150)) source.add(1_000 + value);
        await same(mirror, source);
        source.done();
        await until(
          () => mirror.isDone,
          () => "done came",
        );
        expect([mirror.isComplete, [...mirror.detach()]]).toEqual([true, [...source]]);
        expect(mirror.error).toBe(undefined);
      });
    });

    test("that was done before brings its content and Done", async () => {
      await withPair("memory", codec, { toB: type }, async ({ a, b }) => {
        const source = make([1, 2]);
        source.done();
        const mirror = (await pass(a, b, source.subscribe())).mirror({ maxSize: 10 });
        await until(
          () => mirror.isDone,
          () => "done came",
        );
        expect([...mirror]).toEqual([...source]);
      });
    });

    test("that is closed without done ends its mirrors and theirs with remote_closed, and their content stays", async () => {
      await withPair("memory", codec, { toB: type }, async ({ a, b }) => {
        const source = make([1, 2]);
        const mirror = (await pass(a, b, source.subscribe())).mirror({ maxSize: 10 });
        const further = mirror.subscribe().mirror({ maxSize: 10 });
        await same(further, source);
        source.close();
        for (const one of [mirror, further]) {
          await until(
            () => one.error !== undefined,
            () => "the mirror failed",
          );
          expect(one.error).toMatchObject({ code: "remote_closed" });
          expect([...one.detach()]).toEqual([...source]);
        }
      });
    });

    test("is mirrored over two hops, from a mirror that is not complete yet", async () => {
      await withPair("memory", codec, { toB: type }, async (first) => {
        await withPair("memory", codec, { toB: type }, async (second) => {
          const source = make(numbers(100));
          const mirror = (await pass(first.a, first.b, source.subscribe({ incremental: true }))).mirror({
            maxSize: 999,
          });
          const further = await pass(second.a, second.b, mirror.subscribe({ incremental: true }));
          const last = further.mirror({ maxSize: 999 });
          for (const value of numbers(50)) source.add(1_000 + value);
          await same(last, source);
          expect(last.isComplete).toBe(true);
          source.done();
          await until(
            () => last.isDone && mirror.isDone,
            () => "done came through",
          );
        });
      });
    });

    test("forwarded as a subscription goes on at the next hop", async () => {
      await withPair("memory", codec, { toB: type }, async (first) => {
        await withPair("memory", codec, { toB: type }, async (second) => {
          const source = make(numbers(50));
          const forwarded = await pass(first.a, first.b, source.subscribe({ incremental: true }));
          const mirror = (await pass(second.a, second.b, forwarded)).mirror({ maxSize: 100 });
          source.add(77);
          await same(mirror, source);
          source.done();
          await until(
            () => mirror.isDone,
            () => "done came through",
          );
        });
      });
    });

    test("is no more told to a mirror that was dropped", async () => {
      await withPair("memory", codec, { toB: type }, async ({ a, b }) => {
        const source = make([1]);
        const mirror = (await pass(a, b, source.subscribe())).mirror({ maxSize: 10 });
        await same(mirror, source);
        expect(source.subscriberCount).toBe(1);
        mirror.drop();
        await until(
          () => {
            source.add(2);
            return source.subscriberCount === 0;
          },
          () => "the source noticed",
        );
        expect([...mirror].length).toBe(1);
      });
    });
  });
});

test("events come as they happen: content, InitialComplete, changes, Done", async () => {
  const vec = new ObservableVec(["a"]);
  const subscription = vec.subscribe({ incremental: true });
  const full = vec.subscribe();
  vec.insert(0, "b");
  vec.retain((item) => item === "b");
  vec.done();
  const events: unknown[] = [];
  for await (const event of subscription) events.push(event);
  expect(events).toEqual([{ Push: "a" }, "InitialComplete", { Insert: [0, "b"] }, { RetainNot: new Set([1]) }, "Done"]);
  expect(await codeOf(full.recv())).toBe("local_misuse");
  expect([full.takeInitial(), full.takeInitial(), await full.recv()]).toEqual([["a"], undefined, { Insert: [0, "b"] }]);
});
