/** What comes and goes leaves nothing, what is let go of twice was let go of once, and what is flooded stays small. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test, vi } from "vitest";
import type { Entry } from "../../ts/channel/entry.ts";
import { startWasm } from "../../ts/core/wasm.ts";
import {
  bin,
  broadcast,
  type Descriptor,
  functions,
  lr,
  mpsc,
  oneshot,
  postbag,
  RemoteObject,
  t,
  watch,
} from "../../ts/index.ts";
import { enclosedChannel, enclosedClone } from "../../ts/object/enclosed.ts";
import { replyChannel } from "../../ts/rtc/reply-channel.ts";
import { objects } from "./support/objects.ts";
import { type Pair, pass, withPair } from "./support/pair.ts";
import { outcome, turn, until } from "./support/wait.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (options?: object) => Promise<void>;

async function heapBytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) await collect({ execution: "async" });
  return process.memoryUsage().heapUsed;
}

class Thing extends RemoteObject {
  number = 7;
}

describe("G01, R03: what is made, sent and dropped twenty thousand times", () => {
  const ROUNDS = 20_000;
  /** What the whole test may keep: less than a bit for each round. */
  const KEPT_BYTES = 1_000_000;

  async function holdsItsPlace(round: () => Promise<unknown>): Promise<void> {
    const rounds = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += 50) await Promise.all(Array.from({ length: 50 }, round));
    };
    await rounds(ROUNDS / 10);
    const [wasm, heap] = [startWasm().memory.buffer.byteLength, await heapBytes()];
    await rounds(ROUNDS);
    expect(startWasm().memory.buffer.byteLength).toBe(wasm);
    expect((await heapBytes()) - heap).toBeLessThan(KEPT_BYTES);
  }

  test("channels", { timeout: 60_000 }, async () => {
    const both = { limits: { ports: 1_000 } };
    await withPair("memory", postbag, { toB: t.mpsc.receiver(t.u32), both }, async ({ a, b }) => {
      const receiving = (async () => {
        for await (const rx of b.rx) rx.drop();
      })();
      await holdsItsPlace(async () => {
        const [tx, rx] = mpsc.channel(t.u32);
        await a.tx.send(rx);
        await tx.closed();
      });
      a.tx.close();
      await receiving;
    });
  });

  test("calls", { timeout: 60_000 }, async () => {
    const { remote, end } = await objects("memory", { twice: (n: number) => n * 2 });
    await holdsItsPlace(() => remote.twice(4));
    await end();
  });

  test("references to objects", { timeout: 60_000 }, async () => {
    const { remote, end } = await objects("memory", { thing: () => new Thing() });
    await holdsItsPlace(async () => {
      using thing = await remote.thing();
      void thing;
    });
    await end();
  });
});

describe("G02: a half that is garbage collected without a word", () => {
  /** Channels by what is sent away of them. */
  const halves: Record<string, [type: Descriptor<unknown>, make: () => [near: Half, sent: unknown]]> = {
    "mpsc receiver": [t.mpsc.receiver(t.u32), () => mpsc.channel(t.u32)],
    "mpsc sender": [t.mpsc.sender(t.u32), () => swapped(mpsc.channel(t.u32))],
    "oneshot receiver": [t.oneshot.receiver(t.u32), () => oneshot.channel(t.u32)],
    "oneshot sender": [t.oneshot.sender(t.u32), () => swapped(oneshot.channel(t.u32))],
    "watch receiver": [t.watch.receiver(t.u32), () => watch.channel(t.u32, 1)],
    "watch sender": [t.watch.sender(t.u32), () => swapped(watch.channel(t.u32, 1))],
    "broadcast receiver": [t.broadcast.receiver(t.u32), () => broadcast.channel(t.u32)],
    "bin receiver": [t.bin.receiver, () => bin.channel()],
    "bin sender": [t.bin.sender, () => swapped(bin.channel())],
    "lr receiver": [t.lr.receiver(t.u32), () => lr.channel(t.u32)],
    "lr sender": [t.lr.sender(t.u32), () => swapped(lr.channel(t.u32))],
  };

  type Half = AsyncDisposable;

  function swapped<A, B>([one, other]: [A, B]): [B, A] {
    return [other, one];
  }

  /** Collects garbage until both ends have so many ports. */
  async function collectUntil(ports: number, { a, b }: Pair<unknown, unknown>): Promise<void> {
    await vi.waitFor(
      async () => {
        await collect({ execution: "async" });
        expect([a.stats().ports, b.stats().ports]).toEqual([ports, ports]);
      },
      { timeout: 20_000 },
    );
  }

  /** No variable of who called this refers to the half that is not returned. */
  async function keepOne({ a, b }: Pair<unknown, null>, make: () => [Half, unknown], keeps: string): Promise<Half> {
    const [near, sent] = make();
    const far = (await pass(a, b, sent)) as Half;
    return keeps === "near" ? near : far;
  }

  test("closes its port, and the first one of its sort is told to a developer", { timeout: 120_000 }, async () => {
    const warned = vi.spyOn(console, "warn").mockReturnValue();
    for (const [name, [type, make]] of Object.entries(halves)) {
      for (const keeps of ["near", "far"]) {
        await withPair("memory", postbag, { toB: type }, async (pair) => {
          const kept = await keepOne(pair, make, keeps);
          await pair.quiet();
          expect(pair.a.stats().ports, name).toBe(3);
          // A broadcast has a sender for its receivers, which holds no port.
          if (name === "broadcast receiver" && keeps === "far") return kept[Symbol.asyncDispose]();
          await collectUntil(2, pair);
          await kept[Symbol.asyncDispose]();
        });
      }
    }
    expect(warned.mock.calls.map(([text]) => /cuttle: (.*) was garbage collected/.exec(text)?.[1])).toEqual([
      "a receiver",
      "a sender",
      "a watch receiver",
      "a watch sender",
    ]);
    warned.mockRestore();
  });

  async function collectMuch(): Promise<void> {
    for (let round = 0; round < 5; round += 1) await collect({ execution: "async" });
  }

  test("stays open while somebody waits for a value", { timeout: 60_000 }, async () => {
    await withPair("memory", postbag, { toB: t.mpsc.receiver(t.u32) }, async (pair) => {
      const [tx, local] = mpsc.channel(t.u32);
      const received = pass(pair.a, pair.b, local).then((rx) => rx.recv());
      await pair.quiet();
      await collectMuch();
      await tx.send(7);
      expect(await received).toBe(7);
      await collectUntil(2, pair);
      expect(tx.closedReason).toBe("dropped");
    });
  });

  test("is open until the wait is over also where the engine does not keep it for who waits", {
    timeout: 60_000,
  }, async () => {
    await withPair("memory", postbag, { toB: t.mpsc.receiver(t.u32) }, async (pair) => {
      const [tx, local] = mpsc.channel(t.u32);
      const wait = async (): Promise<{ rx: WeakRef<object>; taking: Promise<Entry<number> | undefined> }> => {
        const rx = await pass(pair.a, pair.b, local);
        return { rx: new WeakRef(rx), taking: rx.end.queue.take() };
      };
      const { rx, taking } = await wait();
      await vi.waitFor(
        async () => {
          await collect({ execution: "async" });
          expect(rx.deref()).toBe(undefined);
        },
        { timeout: 20_000 },
      );
      await collectMuch();
      await tx.send(7);
      expect((await taking)?.content).toEqual({ value: 7 });
      expect(await tx.closed()).toBe("dropped");
    });
  });

  test("leaves the one that took its place alone", { timeout: 60_000 }, async () => {
    const made: Record<string, () => [{ send(value: number): Promise<void> }, { recv(): Promise<unknown> }]> = {
      enclosedChannel: () => enclosedChannel(t.u32),
      enclosedClone() {
        const [sender, receiver] = mpsc.channel(t.u32);
        const clone = enclosedClone(sender);
        sender.close();
        return [clone, receiver];
      },
      replyChannel: () => replyChannel(t.u32),
    };
    for (const [name, make] of Object.entries(made)) {
      const [sender, receiver] = make();
      await collectMuch();
      await sender.send(7);
      expect(await receiver.recv(), name).toBe(7);
    }
  });

  test("stays open while somebody waits for the end of the other one", { timeout: 60_000 }, async () => {
    await withPair("memory", postbag, { toB: t.mpsc.sender(t.u32) }, async (pair) => {
      const [local, rx] = mpsc.channel(t.u32);
      const closed = pass(pair.a, pair.b, local).then((tx) => tx.closed());
      await pair.quiet();
      await collectMuch();
      expect(rx.tryRecv()).toBe("empty");
      rx.drop();
      expect(await closed).toBe("dropped");
    });
  });

  test("that was sent away to its peer is no concern of the program that sent it", { timeout: 60_000 }, async () => {
    await withPair("memory", postbag, { toB: t.mpsc.receiver(t.u32) }, async (pair) => {
      const { tx, rx } = await (async () => {
        const [tx, local] = mpsc.channel(t.u32);
        return { tx, rx: await pass(pair.a, pair.b, local) };
      })();
      await collectMuch();
      await tx.send(7);
      expect(await rx.recv()).toBe(7);
      tx.close();
      expect(await rx.recv()).toBe(undefined);
    });
  });
});

test("objects that are forgotten and not disposed of are let go of in the end, with one warning for a connection", async () => {
  const warnings = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const { remote, provider, end } = await objects("memory", { thing: () => new Thing() });
  for (let made = 0; made < 10; made += 1) await remote.thing();
  expect(provider.stats().objects.exports).toBe(11);
  await until(
    () => {
      void collect();
      return provider.stats().objects.exports === 1;
    },
    () => "what was forgotten is let go of",
  );
  expect(warnings.mock.calls).toEqual([[expect.stringContaining("not disposed of; use `using`")]]);
  warnings.mockRestore();
  await end();
});

describe("G07: letting go", () => {
  test("twice of a half, a connection and an object is as good as once", async () => {
    await withPair("memory", postbag, { toB: t.mpsc.receiver(t.u32) }, async ({ a, b }) => {
      const [tx, local] = mpsc.channel(t.u32);
      const rx = await pass(a, b, local);
      for (let time = 0; time < 2; time += 1) {
        rx.drop();
        await rx[Symbol.asyncDispose]();
        tx.close();
        await tx[Symbol.asyncDispose]();
      }
      expect(await outcome(rx.recv())).toHaveProperty("error");
      await a[Symbol.asyncDispose]();
      await a[Symbol.asyncDispose]();
      await b.close();
    });
    const { remote, provider, end } = await objects("memory", { thing: () => new Thing() });
    const thing = await remote.thing();
    thing[Symbol.dispose]();
    thing[Symbol.dispose]();
    await until(
      () => provider.stats().objects.exports === 1,
      () => "only the root is left",
    );
    await end();
  });

  test("inside of a callback leaves the other callbacks alone", async () => {
    await withPair("memory", postbag, { toB: t.mpsc.receiver(t.u32) }, async ({ a, b }) => {
      const [tx, local] = mpsc.channel(t.u32);
      const rx = await pass(a, b, local);
      const heard: string[] = [];
      const first = tx.closed().then(() => {
        heard.push("first");
        return tx[Symbol.asyncDispose]();
      });
      const second = tx.closed().then(() => heard.push("second"));
      rx.drop();
      await Promise.all([first, second]);
      expect(heard).toEqual(["first", "second"]);
    });
  });

  test("by `using` happens where the block fails, too", async () => {
    const { remote, provider, end } = await objects("memory", { thing: () => new Thing() });
    const block = async (): Promise<void> => {
      using thing = await remote.thing();
      void thing;
      throw new Error("the block failed");
    };
    expect(await outcome(block())).toEqual({ error: new Error("the block failed") });
    await until(
      () => provider.stats().objects.exports === 1,
      () => "only the root is left",
    );
    await end();
  });
});

test("G04: a million channels that are made and let go of in one loop leave the wasm memory as it was", () => {
  const before = startWasm().memory.buffer.byteLength;
  for (let made = 0; made < 1_000_000; made += 1) {
    const [tx, rx] = oneshot.channel(t.u32);
    tx.close();
    rx.drop();
  }
  expect(startWasm().memory.buffer.byteLength).toBe(before);
});

test("R07: of twenty thousand calls of a function as many run as it allows, and the others wait at their caller", {
  timeout: 60_000,
}, async () => {
  const CALLS = 20_000;
  const type = t.rfn([t.u32], t.u32);
  await withPair("memory", postbag, { toB: type }, async (pair) => {
    let [running, most] = [0, 0];
    const provided = functions.provide(
      async (number: number) => {
        running += 1;
        most = Math.max(most, running);
        await turn();
        running -= 1;
        return number + 1;
      },
      { maxConcurrency: 3 },
    );
    const there = await pass(pair.a, pair.b, provided.fn);
    let sum = 0;
    let ports = 0;
    const calls = Array.from({ length: CALLS }, async (_, at) => {
      const result = await there(at);
      sum += result;
      if (at % 1_000 === 0) ports = Math.max(ports, pair.a.stats().ports);
    });
    await Promise.all(calls);
    expect(sum).toBe((CALLS * (CALLS + 1)) / 2);
    expect(most).toBe(3);
    expect(ports).toBeLessThan(4_096);
    functions.release(there);
    await provided.provider.done();
  });
});

test("an argument is not kept by who sent it", async () => {
  const { remote, end } = await objects("memory", { take: (_: unknown) => undefined });
  const sent = await (async () => {
    const argument = { text: "an argument" };
    await remote.take(argument);
    return new WeakRef(argument);
  })();
  await heapBytes();
  expect(sent.deref()).toBeUndefined();
  await end();
});
