/** Functions, lazy values, blobs and locks between two ends of this library. */

import { describe, expect, test } from "vitest";
import { bin, functions, type Infer, json, Lazy, LazyBlob, postcard, RwLockOwner, t } from "../../ts/index.ts";
import { deferred } from "../../ts/util/deferred.ts";
import { VirtualClock } from "./support/clock.ts";
import { CODECS, pass, withPair } from "./support/pair.ts";
import { codeOf, errorOf, turns, until, watch as watchPromise } from "./support/wait.ts";

const [postbag] = CODECS as [(typeof CODECS)[number]];

describe.each(CODECS)("functions in $name", (codec) => {
  test("FN-4: functions of no, one and ten arguments are called with them", async () => {
    const ten = Array.from({ length: 10 }, () => t.u32);
    const type = t.struct({
      none: t.rfn([], t.str),
      one: t.rfn([t.str], t.str),
      ten: t.rfn(ten as [typeof t.u32], t.u32),
    });
    await withPair("memory", codec, { toB: type }, async (pair) => {
      const { none, one, ten } = await pass(pair.a, pair.b, {
        none: async () => "none",
        one: async (text: string) => `one ${text}`,
        ten: async (...numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0),
      });
      expect(await none()).toBe("none");
      expect(await one("two")).toBe("one two");
      expect(await (ten as (...numbers: number[]) => Promise<number>)(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)).toBe(55);
      expect(await codeOf((one as () => Promise<string>)())).toBe("local_encode");
      for (const fn of [none, one, ten]) functions.release(fn);
    });
  });
});

describe("functions", () => {
  const type = t.rfn([t.u32], t.u32);

  test("FN-7: a function is passed on over two hops, and its owner hears when the last one lets go", async () => {
    await withPair("memory", postbag, { toB: type }, async (one) => {
      await withPair("memory", postbag, { toB: type }, async (two) => {
        const { fn, provider } = functions.provide(async (x: number) => x + 1);
        const middle = await pass(one.a, one.b, fn);
        const kept = functions.clone(middle);
        const far = await pass(two.a, two.b, middle);
        expect([await far(1), await kept(2)]).toEqual([2, 3]);
        expect(await codeOf(middle(1))).toBe("local_half_used");
        functions.release(far);
        expect(await kept(3)).toBe(4);
        functions.release(kept);
        await provider.done();
        expect(provider.count).toBe(0);
      });
    });
  });

  test("FN-6: no more calls run than its owner allows; the rest waits with its callers", async () => {
    await withPair("memory", postbag, { toB: type }, async (pair) => {
      const gates = new Map<number, ReturnType<typeof deferred<void>>>();
      const { fn } = functions.provide(
        async (id: number) => {
          gates.set(id, deferred());
          await gates.get(id)?.promise;
          return id;
        },
        { maxConcurrency: 2 },
      );
      const there = await pass(pair.a, pair.b, fn);
      const calls = [1, 2, 3].map((id) => there(id));
      await until(
        () => gates.size === 2,
        () => "two began",
      );
      await pair.quiet();
      expect(gates.has(3)).toBe(false);
      gates.get(1)?.resolve();
      await until(
        () => gates.has(3),
        () => "the third began",
      );
      for (const gate of gates.values()) gate.resolve();
      expect(await Promise.all(calls)).toEqual([1, 2, 3]);
      functions.release(there);
    });
  });

  test("FN-2 FN-3: one that keeps state runs call after call, and one for a single call is spent after it", async () => {
    const both = t.struct({ next: t.rfnMut([], t.u32), last: t.rfnOnce([], t.u32) });
    await withPair("memory", postbag, { toB: both }, async (pair) => {
      let running = 0;
      let count = 0;
      const next = async (): Promise<number> => {
        running += 1;
        expect(running).toBe(1);
        await turns(3);
        running -= 1;
        count += 1;
        return count;
      };
      const there = await pass(pair.a, pair.b, { next, last: async () => 9 });
      expect(await Promise.all([there.next(), there.next(), there.next()])).toEqual([1, 2, 3]);
      expect(() => functions.clone(there.next)).toThrow(/cannot be cloned/);
      expect(await there.last()).toBe(9);
      expect(await codeOf(there.last())).toBe("local_half_used");
      functions.release(there.next);
    });
  });

  test("a call can be given up", async () => {
    await withPair("memory", postbag, { toB: type }, async (pair) => {
      const gate = deferred<number>();
      const there = await pass(pair.a, pair.b, () => gate.promise);
      const giveUp = new AbortController();
      const call = functions.call(there, [1], { signal: giveUp.signal });
      await pair.quiet();
      giveUp.abort("enough");
      expect(await errorOf(call)).toBe("enough");
      gate.resolve(1);
      functions.release(there);
    });
  });
});

describe("lazy values and blobs", () => {
  test("LZ-1: a value is made and fetched once, however many ask, also over a hop", async () => {
    const type = t.lazyValue(t.str);
    await withPair("memory", postbag, { toB: type }, async (one) => {
      await withPair("memory", postbag, { toB: type }, async (two) => {
        let made = 0;
        const middle = await pass(
          one.a,
          one.b,
          Lazy.of(() => {
            made += 1;
            return `made ${made}`;
          }),
        );
        const far = await pass(two.a, two.b, middle);
        expect(made).toBe(0);
        expect(await Promise.all([far.get(), far.get()])).toEqual(["made 1", "made 1"]);
        expect(made).toBe(1);
        expect(await codeOf(middle.get())).toBe("local_half_used");
      });
    });
  });

  test("LZ-1: a value that was fetched can be passed on", async () => {
    const type = t.lazyValue(t.str);
    await withPair("memory", postbag, { toB: type, toA: type }, async (pair) => {
      const there = await pass(pair.a, pair.b, Lazy.of("value"));
      expect(await there.get()).toBe("value");
      const back = await pass(pair.b, pair.a, there);
      expect(await back.get()).toBe("value");
    });
  });

  test("LZ-1: what cannot be made is an error for who asks, and one that nobody asks for is let go of", async () => {
    const type = t.lazyValue(t.str);
    await withPair("memory", postbag, { toB: type }, async (pair) => {
      const fail = (): string => {
        throw new Error("no");
      };
      const there = await pass(pair.a, pair.b, Lazy.of(fail));
      expect(await codeOf(there.get())).toBe("remote_failed");
      const unused = await pass(pair.a, pair.b, Lazy.of("unused"));
      unused.drop();
    });
  });

  test("LB-1 LB-2: bytes are fetched any number of times, over hops, as Blob and as stream", async () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => at);
    await withPair("memory", postbag, { toB: t.lazyBlob }, async (one) => {
      await withPair("memory", postbag, { toB: t.lazyBlob }, async (two) => {
        const middle = await pass(one.a, one.b, LazyBlob.of(bytes));
        const far = await pass(two.a, two.b, middle);
        expect([middle.size, far.size]).toEqual([100_000, 100_000]);
        expect(await far.bytes()).toEqual(bytes);
        expect(await middle.bytes()).toEqual(bytes);
        const blob = await far.blob("image/png");
        expect([blob.size, blob.type]).toEqual([100_000, "image/png"]);
        const chunks: Uint8Array[] = [];
        for await (const chunk of far.stream()) chunks.push(chunk);
        expect(chunks).toEqual([bytes]);
        expect(await codeOf(far.bytes({ maxBytes: 10 }))).toBe("local_limit");
        far.drop();
        middle.drop();
      });
    });
    expect(await LazyBlob.of(bytes).bytes()).toBe(bytes);
    const empty = LazyBlob.of(new Blob([]));
    await withPair("memory", postbag, { toB: t.lazyBlob }, async (pair) => {
      const there = await pass(pair.a, pair.b, empty);
      expect(await there.bytes()).toEqual(new Uint8Array());
      there.drop();
    });
  });
});

describe("parts of blobs", () => {
  const bytes = Uint8Array.from({ length: 3_000_000 }, (_, at) => at);

  test("LB-1: a slice transfers its own bytes alone, also over hops", async () => {
    await withPair("memory", postbag, { toB: t.lazyBlob }, async (one) => {
      await withPair("memory", postbag, { toB: t.lazyBlob }, async (two) => {
        const middle = await pass(one.a, one.b, LazyBlob.of(bytes));
        const far = await pass(two.a, two.b, middle);
        const before = two.b.stats().bytesReceived;
        const slice = far.slice(1_000, -1_000).slice(10, 20);
        expect(slice.size).toBe(10);
        expect(await slice.bytes()).toEqual(bytes.subarray(1_010, 1_020));
        expect([...(await far.slice(-2).bytes())]).toEqual([...bytes.subarray(-2)]);
        expect(await far.slice(5, 2).bytes()).toEqual(new Uint8Array());
        expect(await (await far.slice(0, 3).blob("text/plain")).text()).toBe("\0\u0001\u0002");
        expect(two.b.stats().bytesReceived - before).toBeLessThan(2_000);
        expect(await codeOf(far.slice(0, 100).bytes({ maxBytes: 99 }))).toBe("local_limit");
        far.drop();
        middle.drop();
      });
    });
    const here = LazyBlob.of(new Blob([bytes]));
    expect(await here.slice(2, 4).bytes()).toEqual(Uint8Array.of(2, 3));
  });

  test("a slice can be sent on, and is a blob of its own there", async () => {
    await withPair("memory", postbag, { toB: t.lazyBlob }, async (one) => {
      await withPair("memory", postbag, { toB: t.lazyBlob }, async (two) => {
        const middle = await pass(one.a, one.b, LazyBlob.of(bytes));
        const far = await pass(two.a, two.b, middle.slice(100, 200));
        expect(far.size).toBe(100);
        expect(await far.bytes()).toEqual(bytes.subarray(100, 200));
        expect(await far.slice(98).bytes()).toEqual(bytes.subarray(198, 200));
        far.drop();
        middle.drop();
      });
    });
  });

  test("a stream comes in pieces, and stops where its reader does", async () => {
    await withPair("memory", postbag, { toB: t.lazyBlob }, async (pair) => {
      const blob = await pass(pair.a, pair.b, LazyBlob.of(bytes));
      const chunks: number[] = [];
      let at = 0;
      const done: number[] = [];
      const onProgress = ({ doneBytes }: { doneBytes: number }) => void done.push(doneBytes);
      for await (const chunk of blob.stream({ onProgress })) {
        expect(Buffer.compare(chunk, bytes.subarray(at, at + chunk.length))).toBe(0);
        at += chunk.length;
        chunks.push(chunk.length);
      }
      expect(chunks).toEqual([1_048_576, 1_048_576, 902_848]);
      expect(done).toEqual([...done].sort((a, b) => a - b));
      expect(done.at(-1)).toBe(3_000_000);
      const before = pair.b.stats().bytesReceived;
      const reader = blob.slice(1).stream().getReader();
      expect((await reader.read()).value?.length).toBe(1_048_576);
      await reader.cancel();
      await pair.quiet();
      expect(pair.b.stats().bytesReceived - before).toBeLessThan(2_000_000);
      expect(await codeOf(blob.stream({ maxBytes: 5 }).getReader().read())).toBe("local_limit");
      blob.drop();
    });
  });

  test("progress is told, and what it throws ends the fetch", async () => {
    await withPair("memory", postbag, { toB: t.lazyBlob }, async (pair) => {
      const blob = await pass(pair.a, pair.b, LazyBlob.of(bytes));
      const seen: unknown[] = [];
      await blob.bytes({ onProgress: (progress) => seen.push(progress) });
      expect(seen.length).toBeGreaterThan(1);
      expect(seen.at(-1)).toEqual({ doneBytes: 3_000_000, totalBytes: 3_000_000 });
      const failing = blob.bytes({
        onProgress() {
          throw new RangeError("enough");
        },
      });
      expect(await errorOf(failing)).toEqual(new RangeError("enough"));
      expect((await blob.slice(0, 4).bytes()).length).toBe(4);
      blob.drop();
    });
  });

  test.each([json, postcard])("in $name what comes is the same", async (codec) => {
    await withPair("memory", codec, { toB: t.lazyBlob }, async (pair) => {
      const blob = await pass(pair.a, pair.b, LazyBlob.of(bytes.slice(0, 1_000)));
      expect(await blob.slice(10, 12).bytes()).toEqual(Uint8Array.of(10, 11));
      const chunks: number[] = [];
      for await (const chunk of blob.slice(1).stream()) chunks.push(chunk.length);
      expect(chunks).toEqual([999]);
      blob.drop();
    });
  });

  test("an owner that is asked for what is not there sends nothing, and goes on", async () => {
    const Raw = t.struct({
      req_tx: t.mpsc.sender(t.struct({ bin_tx: t.bin.sender, range: t.option(t.tuple(t.u64, t.u64)) })),
      len: t.u64,
    });
    // The forms of remoc's own types that every release reads.
    const both = { capabilities: [] };
    await withPair("memory", postbag, { both, toB: t.lazyBlob, bReceives: Raw as never }, async (pair) => {
      const { req_tx } = (await pass(pair.a, pair.b, LazyBlob.of(Uint8Array.of(1, 2, 3)))) as unknown as Infer<
        typeof Raw
      >;
      const ask = async (...range: [bigint, bigint]) => {
        const [bin_tx, bin_rx] = bin.channel();
        await req_tx.send({ bin_tx, range });
        const got = await bin_rx.recv();
        bin_rx.drop();
        return got;
      };
      expect(await ask(2n, 1n)).toBeUndefined();
      expect(await ask(0n, 4n)).toBeUndefined();
      expect(await ask(0n, 1n << 63n)).toBeUndefined();
      expect(await ask(1n, 3n)).toEqual(Uint8Array.of(2, 3));
      req_tx.close();
    });
  });
});

describe("locks", () => {
  const type = t.rwLock(t.u32);

  /** A value, read and let go of. */
  async function read(lock: { read(): Promise<{ value: number; release(): void }> }): Promise<number> {
    const guard = await lock.read();
    guard.release();
    return guard.value;
  }

  test("RW-1 RW-3: reading again costs nothing until somebody writes", async () => {
    await withPair("memory", postbag, { toB: type }, async (pair) => {
      const owner = new RwLockOwner(t.u32, 7);
      const lock = await pass(pair.a, pair.b, owner.rwLock());
      expect(await read(lock)).toBe(7);
      await pair.quiet();
      const { framesSent } = pair.b.stats();
      expect([await read(lock), await read(lock.readLock())]).toEqual([7, 7]);
      await pair.quiet();
      expect(pair.b.stats().framesSent).toBe(framesSent);
      const guard = await lock.read();
      const writing = owner.rwLock().write();
      await guard.invalidated();
      expect(guard.isInvalidated).toBe(true);
      guard.release();
      const write = await writing;
      write.value = 8;
      await write.commit();
      expect(await read(lock)).toBe(8);
      lock.drop();
      expect(owner.close()).toBe(8);
    });
  });

  test("RW-2: writers are alone; one that is dropped changes nothing", async () => {
    await withPair("memory", postbag, { toB: type }, async (pair) => {
      const owner = new RwLockOwner(t.u32, 7);
      const mine = owner.rwLock();
      const lock = await pass(pair.a, pair.b, owner.rwLock());
      const first = await lock.write();
      const second = mine.write();
      const reading = read(mine);
      await pair.quiet();
      expect([watchPromise(second).settled, watchPromise(reading).settled]).toEqual([false, false]);
      first.value += 1;
      await first.commit();
      const guard = await second;
      expect(guard.value).toBe(8);
      guard.value = 0;
      guard.drop();
      expect(await reading).toBe(8);
      lock.drop();
      mine.drop();
      owner.close();
    });
  });

  test("RW-2, R14: a holder that vanishes blocks nobody; one that lingers, only as long as the lease", async () => {
    const clock = new VirtualClock();
    await withPair("memory", postbag, { toB: type }, async (pair) => {
      const owner = new RwLockOwner(t.u32, 7, { leaseMs: 1_000, clock });
      const mine = owner.rwLock();
      const lock = await pass(pair.a, pair.b, owner.rwLock());
      const guard = await lock.read();
      const writing = watchPromise(mine.write());
      await pair.quiet();
      expect(writing.settled).toBe(false);
      clock.advance(1_000);
      await until(
        () => writing.settled,
        () => "the writer went on",
      );
      guard.release();
      lock.drop();
      mine.drop();
      // The writer lingers as well.
      clock.advance(1_000);
      await pair.quiet();
      owner.close();
      expect(clock.timers).toBe(0);
    });
  });

  test("RW-1: without its owner a lock says so", async () => {
    await withPair("memory", postbag, { toB: t.readLock(t.u32) }, async (pair) => {
      const owner = new RwLockOwner(t.u32, 7);
      const lock = await pass(pair.a, pair.b, owner.readLock());
      expect(await read(lock)).toBe(7);
      owner.close();
      await pair.quiet();
      expect(await codeOf(lock.read())).toBe("remote_failed");
      lock.drop();
    });
  });
});
