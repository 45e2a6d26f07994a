import { describe, expect, test } from "vitest";
import {
  CuttleError,
  mpsc,
  type ObjectOptions,
  RemoteObject,
  registerClass,
  remote,
  t,
  watch,
} from "../../ts/index.ts";
import { KINDS } from "./support/carriers.ts";
import { objects } from "./support/objects.ts";
import { codeOf, until } from "./support/wait.ts";

class Room extends RemoteObject {
  readonly #name: string;
  readonly #said: string[] = [];
  constructor(name: string) {
    super();
    this.#name = name;
  }
  get name(): string {
    return this.#name;
  }
  say(text: string): number {
    return this.#said.push(text);
  }
  said(): string[] {
    return this.#said;
  }
  neighbour(name: string): Room {
    return new Room(`${this.#name}/${name}`);
  }
}

class Point {
  readonly x: number;
  readonly y: number;
  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }
}
registerClass({
  name: "Point",
  class: Point,
  encode: ({ x, y }) => [x, y],
  decode: (parts) => new Point(...(parts as [number, number])),
});

const server = {
  version: 3,
  nested: { deep: { twice: (n: number) => n * 2 } },
  echo: (value: unknown): unknown => value,
  async later(ms: number) {
    await new Promise((resolve) => setImmediate(resolve));
    return ms;
  },
  openRoom: (name: string) => new Room(name),
  fails(text: string): never {
    throw new RangeError(text, { cause: new TypeError("below") });
  },
  async each(items: number[], callback: (item: number) => number | Promise<number>) {
    let sum = 0;
    for (const item of items) sum += await callback(item);
    return sum;
  },
  sizeOf: (bytes: Uint8Array) => bytes.length,
  zeros: (count: number) => new Uint8Array(count),
  async *count(to: number) {
    for (let i = 0; i < to; i++) yield i;
  },
  collect: async (items: AsyncIterable<number>) => {
    const all: number[] = [];
    for await (const item of items) all.push(item);
    return all;
  },
  aborted: (signal: AbortSignal) =>
    new Promise<string>((resolve) => signal.addEventListener("abort", () => resolve(String(signal.reason)))),
  never: () => new Promise<never>(() => {}),
};

describe.each(KINDS)("plain objects over %s", (kind) => {
  const start = <T extends object>(object: T, options?: ObjectOptions) => objects(kind, object, options);

  test("methods are called, members are read, at any depth", async () => {
    const { remote, end } = await start(server);
    expect(await remote.echo("hello")).toBe("hello");
    expect(await remote.version).toBe(3);
    expect(await remote.nested.deep.twice(21)).toBe(42);
    expect(await remote.later(5)).toBe(5);
    await end();
  });

  test("values of all kinds come back as they were", async () => {
    const { remote, end } = await start(server);
    const value = {
      text: "ä€😀",
      numbers: [0, -0, 1.5, -7, 2 ** 40, Number.NaN, Number.POSITIVE_INFINITY],
      big: [0n, -1n, 1n << 200n, -(1n << 70n)],
      nothing: [null, undefined, true, false],
      date: new Date(1_700_000_000_123),
      map: new Map<unknown, unknown>([
        ["a", 1],
        [{ key: true }, new Set([1, "2"])],
      ]),
      pattern: /a+b/giu,
      bytes: Uint8Array.of(1, 2, 3),
      floats: Float32Array.of(1.5, -2),
      bigs: BigInt64Array.of(-5n),
      buffer: Uint16Array.of(1, 2).buffer,
      view: new DataView(Uint8Array.of(9, 8).buffer),
      point: new Point(3, 4),
      ["__proto__" as string]: "own",
    };
    // Node 20 has none.
    const { Float16Array: Halves } = globalThis as { Float16Array?: { of(...values: number[]): ArrayBufferView } };
    if (Halves !== undefined) Object.assign(value, { halves: Halves.of(1.5, -2) });
    const back = (await remote.echo(value)) as typeof value;
    expect(back).toEqual(value);
    expect(back.point instanceof Point).toBe(true);
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    await end();
  });

  test("identity and cycles inside one value survive", async () => {
    const { remote, end } = await start(server);
    const shared = { n: 1 };
    const cyclic: { self?: unknown; a: object; b: object; list: unknown[] } = { a: shared, b: shared, list: [] };
    cyclic.self = cyclic;
    cyclic.list.push(cyclic.list, new Map([[shared, cyclic]]));
    const back = (await remote.echo(cyclic)) as unknown as typeof cyclic;
    expect(back.self).toBe(back);
    expect(back.a).toBe(back.b);
    expect(back.list[0]).toBe(back.list);
    expect((back.list[1] as Map<unknown, unknown>).get(back.a)).toBe(back);
    await end();
  });

  test("a chain of calls on results that are not there yet leaves in one message and costs one answer", async () => {
    const { remote, consumer, end } = await start(server);
    await remote.version;
    await until(
      () => consumer.stats().objects.questions === 0,
      () => "it is so",
    );
    const before = consumer.stats();
    const chain = remote.openRoom("lobby").neighbour("bar").neighbour("wc");
    expect(await chain.name).toBe("lobby/bar/wc");
    expect(await chain.say("hi")).toBe(1);
    expect(consumer.stats().flushes - before.flushes).toBeLessThanOrEqual(4);
    await end();
  });

  test("a result that is still to come can be an argument", async () => {
    const { remote, end } = await start(server);
    const sum = remote.nested.deep.twice(remote.nested.deep.twice(remote.later(3)));
    expect(await sum).toBe(12);
    await end();
  });

  test("a failed link fails what depends on it, with the original error", async () => {
    const { remote, end } = await start({ ...server, openRoom: (_: string): Room => server.fails("full") });
    const room = remote.openRoom("x");
    const [said, name, echoed] = await Promise.allSettled([room.say("hi"), room.name, remote.echo(room)]);
    for (const result of [said, name, echoed]) {
      expect(result).toMatchObject({ status: "rejected", reason: { message: "full", name: "RangeError" } });
    }
    await end();
  });

  test("an error keeps class, message, cause and own members; no stack unless asked for", async () => {
    const { remote, end } = await start(server);
    const error = await remote.fails("no").catch((reason: unknown) => reason as RangeError);
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ message: "no", cause: expect.any(TypeError) });
    expect(error.stack).not.toContain("objects.test.ts:5");
    await end();
  });

  test("the stack of an error goes along where it is asked for, and says that it is of the other side", async () => {
    const { remote, end } = await start(server, { stacks: true });
    const error = await remote.fails("no").catch((reason: unknown) => reason as RangeError);
    expect(error.stack).toMatch(/fails .*objects\.test\.ts:\d+[\s\S]*\n {4}at the other side of the connection$/);
    await end();
  });

  test("callbacks are called, and can be called back from the other side at any depth", async () => {
    const { remote, end } = await start(server);
    expect(await remote.each([1, 2, 3], async (n) => n * (await remote.nested.deep.twice(1)))).toBe(12);
    await end();
  });

  test("a function that comes home is the same function, and a stub that comes again the same stub", async () => {
    const { remote, end } = await start(server);
    const callback = () => 1;
    expect(await remote.echo(callback)).toBe(callback);
    const room = await remote.openRoom("a");
    const keeper = (await remote.echo({ room })) as { room: typeof room };
    expect(await remote.echo(room)).toBe(room);
    expect(keeper.room).toBe(room);
    room[Symbol.dispose]();
    await end();
  });

  test("objects that are disposed of are forgotten on the other side", async () => {
    const { remote, provider, end } = await start(server);
    {
      using room = await remote.openRoom("short");
      expect(await room.name).toBe("short");
      expect(provider.stats().objects.exports).toBe(2);
    }
    await until(
      () => provider.stats().objects.exports === 1,
      () => "it is so",
    );
    await end();
  });

  test("a large argument goes over a port of its own, and a small call behind it is answered first", async () => {
    const order: string[] = [];
    const { remote, end } = await start({
      large: (bytes: Uint8Array) => void order.push(`large ${bytes.length}`),
      small: () => void order.push("small"),
    });
    await Promise.all([remote.large(new Uint8Array(3_000_000)), remote.small()]);
    expect(order).toEqual(["small", "large 3000000"]);
    await end();
  });

  test("large results come whole, and calls on them are made when they are there", async () => {
    const { remote, end } = await start(server);
    expect((await remote.zeros(1_000_000)).length).toBe(1_000_000);
    expect(await remote.sizeOf(remote.zeros(500_000))).toBe(500_000);
    await end();
  });

  test("channel halves travel inside plain values, with functions in their items", async () => {
    const { remote, end } = await start({
      start(tx: mpsc.Sender<(n: number) => Promise<number>>) {
        void (async () => {
          await tx.send(async (n) => n + 1);
          tx.close();
        })();
        return "started";
      },
      state: () => watch.channel(t.u32, 5)[1],
    });
    const [tx, rx] = mpsc.channel<(n: number) => Promise<number>>(t.unit as never);
    expect(await remote.start(tx)).toBe("started");
    const add = await rx.recv();
    expect(await add?.(41)).toBe(42);
    expect(await rx.recv()).toBeUndefined();
    const state = await remote.state();
    expect(state.borrow()).toBe(5);
    state.drop();
    await end();
  });

  test("async iterables and streams cross in both directions, and leaving one early tells its source", async () => {
    let finished = 0;
    const { remote, end } = await start({
      ...server,
      async *forever() {
        try {
          for (let i = 0; ; i++) yield i;
        } finally {
          finished++;
        }
      },
      upper: (text: ReadableStream<string>) =>
        text.pipeThrough(new TransformStream({ transform: (chunk, c) => c.enqueue(chunk.toUpperCase()) })),
    });
    const counted: number[] = [];
    for await (const n of await remote.count(3)) counted.push(n);
    expect(counted).toEqual([0, 1, 2]);
    expect(await remote.collect(server.count(4))).toEqual([0, 1, 2, 3]);
    for await (const n of await remote.forever()) if (n === 2) break;
    await until(
      () => finished === 1,
      () => "it is so",
    );
    const quiet = new ReadableStream<string>({
      start(controller) {
        for (const text of ["a", "b"]) controller.enqueue(text);
        controller.close();
      },
    });
    const loud = await remote.upper(quiet);
    const chunks: string[] = [];
    for await (const chunk of loud) chunks.push(chunk);
    expect(chunks).toEqual(["A", "B"]);
    await end();
  });

  test("an AbortSignal among the arguments aborts over there", async () => {
    const { remote, provider, end } = await start(server);
    const controller = new AbortController();
    const result = remote.aborted(controller.signal);
    await until(
      () => provider.stats().objects.promises === 1,
      () => "it is so",
    );
    controller.abort("enough");
    expect(await result).toBe("enough");
    await end();
  });

  test("when the connection is lost, all calls reject at once with the same error", async () => {
    const { remote, cut, consumer, provider } = await start(server);
    const calls = [remote.never(), remote.never(), remote.openRoom("x").name];
    await until(
      () => provider.stats().objects.answers >= 2,
      () => "it is so",
    );
    cut();
    const results = await Promise.allSettled(calls);
    const reasons = new Set(results.map((result) => (result as PromiseRejectedResult).reason));
    expect([...reasons].filter((reason) => CuttleError.is(reason, "transport_lost"))).toHaveLength(1);
    expect(await codeOf(remote.echo(1))).toBe("transport_lost");
    expect(consumer.stats().objects.questions).toBe(0);
  });

  test("what extends RemoteObject or is marked goes by reference, and only what is exposed can be used", async () => {
    const { remote: root, end } = await start({
      counter: () => {
        let n = 0;
        return remote({ add: () => ++n, secret: () => 42 }, { expose: ["add"] });
      },
    });
    const counter = await root.counter();
    expect(await counter.add()).toBe(1);
    expect(await counter.add()).toBe(2);
    expect(await codeOf(counter.secret())).toBe("remote_rejected");
    counter[Symbol.dispose]();
    await end();
  });
});
