/** Sources that do not bring the content they announced, of each kind of collection. */

import { describe, expect, test } from "vitest";
import { broadcast, type CuttleError, type Descriptor, mpsc, t } from "../../ts/index.ts";
import {
  batchType,
  listEvent,
  mapEvent,
  setEvent,
  vecDequeEvent,
  vecEvent,
  wireListSubscription,
  wireSubscription,
} from "../../ts/robs/wire.ts";
import { withBystander } from "./support/bystander.ts";
import { pass } from "./support/pair.ts";
import { turns, until } from "./support/wait.ts";

/** As a mirror of any kind is looked at here. */
interface Mirror extends Iterable<unknown> {
  readonly isComplete: boolean;
  readonly isDone: boolean;
  readonly error: CuttleError | undefined;
  detach(): Iterable<unknown>;
}

/** A subscription of any kind. */
interface Subscription {
  mirror(options: { maxSize: number }): Mirror;
  drop(): void;
}

/** A source that announces five items, as it sends its subscription. */
interface Source {
  readonly raw: unknown;
  /** One of the items. */
  bring(item: number): Promise<void>;
  /** Something that happens to the collection meanwhile; nothing where items and events come on one channel. */
  change(): void;
  /** How many take what it brings. */
  readonly receivers: number;
  /** Brings no more. */
  end(): void;
}

/** A kind of collection. */
interface Kind {
  readonly wire: Descriptor;
  readonly subscription: Descriptor;
  /** An item as the content shows it. */
  shown(item: number): unknown;
  source(): Source;
}

const pair = t.tuple<[number, number]>(t.u32, t.u32);

/** A kind whose items and events come on channels of their own. */
function kind<E, I>(
  types: { name: string; event: Descriptor<E>; item: Descriptor<I>; content: Descriptor },
  subscription: Descriptor,
  how: { shown: (item: number) => I; event: E },
): Kind {
  const wire = wireSubscription({ ...types, batch: batchType(types.event, types.item) });
  return {
    wire,
    subscription,
    shown: how.shown,
    source() {
      const [tx, rx] = mpsc.channel(types.item);
      const [events, receiver] = broadcast.channel(types.event);
      return {
        raw: { initial: { Incremental: { len: 5, rx } }, events: receiver },
        bring: async (item) => await tx.send(how.shown(item)),
        change: () => void events.send(how.event),
        get receivers() {
          return events.receiverCount;
        },
        end() {
          tx.close();
          events.close();
        },
      };
    },
  };
}

const list: Kind = {
  wire: wireListSubscription(t.u32, batchType(listEvent(t.u32), t.u32)),
  subscription: t.observableList.subscription(t.u32),
  shown: (item) => item,
  source() {
    const [tx, rx] = mpsc.channel(listEvent(t.u32));
    return {
      raw: { initial_len: 5, len: 0, events: rx },
      bring: async (item) => await tx.send({ Push: item }),
      change: () => undefined,
      get receivers() {
        return tx.isClosed ? 0 : 1;
      },
      end: () => tx.close(),
    };
  },
};

const kinds: Readonly<Record<string, Kind>> = {
  vec: kind(
    { name: "VecSubscription", event: vecEvent(t.u32), item: t.u32, content: t.vec(t.u32) },
    t.observableVec.subscription(t.u32),
    { shown: (item) => item, event: { Push: 99 } },
  ),
  deque: kind(
    { name: "VecDequeSubscription", event: vecDequeEvent(t.u32), item: t.u32, content: t.vec(t.u32) },
    t.observableVecDeque.subscription(t.u32),
    { shown: (item) => item, event: { PushFront: 99 } },
  ),
  list,
  map: kind(
    { name: "HashMapSubscription", event: mapEvent(t.u32, t.u32), item: pair, content: t.map(t.u32, t.u32) },
    t.observableMap.subscription(t.u32, t.u32),
    { shown: (item) => [item, item], event: { Set: [99, 99] } },
  ),
  set: kind(
    { name: "HashSetSubscription", event: setEvent(t.u32), item: t.u32, content: t.set(t.u32) },
    t.observableSet.subscription(t.u32),
    { shown: (item) => item, event: { Set: 99 } },
  ),
};

/** What the connection of a source allows. */
interface Link {
  cut(): void;
  stillWorks(): Promise<void>;
}

/** Runs `run` with a subscription of a source of this kind that has brought two of its five items. */
async function begun(
  { wire, subscription, source }: Kind,
  run: (subscription: Subscription, brought: Source, link: Link) => Promise<void>,
  { fails = false } = {},
): Promise<void> {
  const toB = t.struct({ subscription: wire, other: t.mpsc.receiver(t.str) });
  const bReceives = t.struct({ subscription, other: t.mpsc.receiver(t.str) });
  await withBystander({ toB, bReceives: bReceives as never, fails }, async ({ a, b, cut }) => {
    const [tx, rx] = mpsc.channel(t.str);
    const brought = source();
    const got = await pass(a, b, { subscription: brought.raw as never, other: rx });
    const bringing = [1, 2].map((item) => brought.bring(item).catch(() => "dropped"));
    await run(got.subscription as unknown as Subscription, brought, {
      cut,
      async stillWorks() {
        await tx.send("still works");
        expect(await got.other.recv()).toBe("still works");
      },
    });
    await Promise.all(bringing);
    brought.end();
    tx.close();
    got.other.drop();
  });
}

/** A mirror to which both have come. */
async function mirrorOf(subscription: Subscription): Promise<Mirror> {
  const mirror = subscription.mirror({ maxSize: 10 });
  await until(
    () => [...mirror].length === 2,
    () => "two came",
  );
  return mirror;
}

describe.each(Object.entries(kinds))("a mirror of a %s", (_, one) => {
  const two = [one.shown(1), one.shown(2)];

  test("takes no content that is announced to be larger than its limit", async () => {
    await begun(one, async (subscription, source, { stillWorks }) => {
      const mirror = subscription.mirror({ maxSize: 4 });
      expect(mirror.error).toMatchObject({ code: "local_limit", data: { maxSize: 4 } });
      expect([mirror.isComplete, [...mirror.detach()]]).toEqual([false, []]);
      await stillWorks();
      await until(
        () => source.receivers === 0,
        () => "the source noticed",
      );
    });
  });

  test("whose source never completes its content is not complete, and shows what has come", async () => {
    await begun(one, async (subscription, source, { stillWorks }) => {
      const mirror = await mirrorOf(subscription);
      source.change();
      await turns(20);
      expect([mirror.isComplete, mirror.error, [...mirror]]).toEqual([false, undefined, two]);
      await stillWorks();
      source.end();
      await until(
        () => mirror.error !== undefined,
        () => "the mirror failed",
      );
      expect(mirror.error).toMatchObject({ code: "remote_closed" });
      expect([mirror.isComplete, [...mirror.detach()]]).toEqual([false, two]);
      await stillWorks();
    });
  });

  test("whose connection is lost in the middle of the first sync fails, and keeps what had come", async () => {
    await begun(
      one,
      async (subscription, source, { cut }) => {
        const mirror = await mirrorOf(subscription);
        cut();
        await until(
          () => mirror.error !== undefined,
          () => "the mirror failed",
        );
        expect(mirror.error).toMatchObject({ code: "transport_lost" });
        expect([mirror.isComplete, mirror.isDone, [...mirror.detach()]]).toEqual([false, false, two]);
        await until(
          () => source.receivers === 0,
          () => "the source noticed",
        );
      },
      { fails: true },
    );
  });
});
