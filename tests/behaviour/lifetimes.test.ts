/** What comes and goes leaves nothing, what is let go of twice was let go of once, and what is flooded stays small. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test, vi } from "vitest";
import { startWasm } from "../../ts/core/wasm.ts";
import { functions, mpsc, oneshot, postbag, RemoteObject, t } from "../../ts/index.ts";
import { objects } from "./support/objects.ts";
import { pass, withPair } from "./support/pair.ts";
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
