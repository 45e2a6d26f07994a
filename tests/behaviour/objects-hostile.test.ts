import { expect, test } from "vitest";
import { connectTransport } from "../../ts/connect/connect.ts";
import { consumeObjectOver } from "../../ts/connect/objects.ts";
import { CuttleError, json, RemoteObject, t } from "../../ts/index.ts";
import { Kind } from "../../ts/remote/protocol.ts";
import { memoryPair } from "../../ts/transport/memory.ts";
import { call, greeting, hostile, record, textUntil } from "./support/hostile-objects.ts";
import { objects } from "./support/objects.ts";
import { codeOf, errorOf, outcome, turns, until } from "./support/wait.ts";

class Account extends RemoteObject {
  balance = 7;
  #secret = 42;
  show(): number {
    return this.#secret;
  }
}

class Tree {
  leaf(): string {
    return "leaf";
  }
}

test.each([
  "constructor",
  "__proto__",
  "prototype",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "__defineGetter__",
  "isPrototypeOf",
  "Symbol(Symbol.iterator)",
  "missing",
])("P01: the member %s of a plain object and of an instance is not there, and the connection goes on", async (name) => {
  for (const object of [{ ok: () => 1 }, new Account(), new Tree()]) {
    const { peer, provider, say } = await hostile(object);
    await say(greeting, call(0, 0, [name]), record(Kind.get, 1, 0, [name]), record(Kind.get, 2, 0, [name, name]));
    const answered = await textUntil(peer.incoming, /remote_rejected/g, 3);
    expect(answered.match(/remote_rejected/g)?.length).toBeGreaterThanOrEqual(3);
    await provider.close();
  }
});

test("P02: own fields of instances, private members and functions' own members cannot be reached", async () => {
  const { remote, end } = await objects("memory", { account: new Account(), fn: () => 1 });
  const account = (await (remote.account as unknown as Promise<unknown>)) as {
    show(): Promise<number>;
    balance: Promise<number>;
  } & Disposable;
  expect(await account.show()).toBe(42);
  expect(await codeOf(Promise.resolve(account.balance))).toBe("remote_rejected");
  const fn = remote.fn as unknown as { name: Promise<string>; call(...args: unknown[]): Promise<unknown> };
  expect(await codeOf(Promise.resolve(fn.name))).toBe("remote_rejected");
  expect(await codeOf(fn.call(null))).toBe("remote_rejected");
  account[Symbol.dispose]();
  await end();
});

test("P02: there is no way to assign, delete, define or look through a stub", async () => {
  const { remote, end } = await objects("memory", { a: 1 });
  const stub = remote as unknown as Record<string, unknown>;
  expect(() => {
    stub.a = 2;
  }).toThrow(TypeError);
  expect(Reflect.deleteProperty(stub, "a")).toBe(false);
  expect(Reflect.defineProperty(stub, "a", { value: 2 })).toBe(false);
  expect(Reflect.ownKeys(stub)).toEqual([]);
  expect(Object.getPrototypeOf(stub)).toBeNull();
  expect("a" in stub).toBe(false);
  expect(stub.then).toBeUndefined();
  expect(stub.toJSON).toBeUndefined();
  expect(stub.constructor).toBeUndefined();
  expect((stub as { [Symbol.iterator]?: unknown })[Symbol.iterator]).toBeUndefined();
  expect(`${stub}`).toBe("[remote object]");
  await end();
});

test("a method called then is not called by awaiting, and keys called __proto__ pollute nothing", async () => {
  let called = 0;
  const { remote, end } = await objects("memory", {
    holder: () =>
      new (class extends RemoteObject {
        // biome-ignore lint/suspicious/noThenProperty: that is what is tested.
        then(): void {
          called++;
        }
      })(),
    take: (value: unknown) => value,
  });
  // Over there an object with `then` is a promise that never settles, as everywhere in the language.
  void remote.holder();
  const polluted = JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}');
  const back = (await remote.take(polluted)) as Record<string, unknown>;
  expect(Object.hasOwn(back, "__proto__")).toBe(true);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  expect(called).toBe(1);
  await end().catch(() => undefined);
});

test("P04: forged, released and unknown references fail their call alone; counts never get below zero", async () => {
  const { peer, provider, say } = await hostile({ ok: () => 1, give: () => () => 2 });
  await say(
    greeting,
    call(0, 99, []),
    record(Kind.release, 99, 5),
    call(1, 0, ["give"]),
    record(Kind.release, 1, 1_000_000),
    call(2, 1, []),
    record(Kind.get, 3, -77, ["x"]),
    record(Kind.finish, 12_345),
    record(Kind.returned, 4711, "nobody asked"),
    record(Kind.settle, 4711, 0, "nobody waits"),
    call(4, 0, ["ok"]),
  );
  await until(
    () => provider.stats().objects.answers === 5,
    () => "the calls are answered",
  );
  expect(provider.stats().objects).toMatchObject({ imports: 0, promises: 0 });
  expect(provider.stats().objects.exports).toBeLessThanOrEqual(2);
  peer.mux.fail(new CuttleError("local_closed", "done"));
  await outcome(provider.closed);
});

test.each([
  ["an unknown kind", record(99)],
  ["a truncated record", record(Kind.call, 1).subarray(0, 1)],
  ["no record at all", new Uint8Array(0)],
  ["a call twice under one number", [call(0, 0, ["never"]), call(0, 0, ["never"])]],
  ["a large record without a port", record(Kind.large, 5, 0, 0, [])],
])("%s ends the connection with the fault at the peer", async (_, bad) => {
  const { provider, say } = await hostile({ never: () => new Promise(() => {}) });
  void say(greeting, ...(Array.isArray(bad) ? bad : [bad])).catch(() => undefined);
  const { error } = (await outcome(provider.closed)) as { error: CuttleError };
  expect(error.code).toMatch(/^peer_/);
});

test("arguments that cannot be read fail their call alone", async () => {
  const { peer, provider, say } = await hostile({ ok: () => "fine" });
  const noValue = Uint8Array.of(...record(Kind.call, 0, 0, ["ok"]), 0x9b, 255, 255, 255, 255, 255, 255, 255, 255);
  await say(greeting, noValue, call(1, 0, ["ok"]));
  expect(await textUntil(peer.incoming, /fine/g)).toContain("fine");
  await provider.close();
});

test("D10: what throws when it is read, and keys that are symbols, are refused with their place, and leave nothing", async () => {
  const odd = (): Record<string, unknown> => {
    const revocable = Proxy.revocable({}, {});
    revocable.revoke();
    const throwing = {
      get name(): string {
        throw new TypeError("no");
      },
    };
    return { throwing, revoked: revocable.proxy, keyed: { [Symbol("key")]: 1 } };
  };
  const { remote, end } = await objects("memory", {
    echo: (value: unknown) => value,
    give: (name: string) => [odd()[name]],
  });
  for (const [name, place] of [
    ["throwing", "at [0].list[1].name: reading it threw TypeError: no"],
    ["revoked", "at [0].list[1]: reading it threw TypeError: "],
    ["keyed", "at [0].list[1]: the key Symbol(key) cannot be sent"],
  ] as const) {
    const given = { callback: () => 1, list: [1, odd()[name]] };
    const error = await errorOf(Promise.resolve(remote.echo(given)));
    expect(error).toMatchObject({ code: "local_encode", message: expect.stringContaining(place) });
    expect(await codeOf(remote.give(name))).toMatch(/^(local|remote)_/);
    expect(() => json.encode(t.any, odd()[name], { maxBytes: 1e6, transport: (_, half) => half })).toThrow(
      /^local_encode/,
    );
  }
  expect(await remote.echo("fine")).toBe("fine");
  await end();
});

test("P06: when the provider closes with calls queued and running, callers hear it", async () => {
  const { remote, provider, consumer } = await objects("memory", { never: () => new Promise<void>(() => {}) });
  const calls = [remote.never(), remote.never()];
  await until(
    () => provider.stats().objects.answers === 2,
    () => "the calls run",
  );
  await provider.close();
  for (const running of calls) expect(await codeOf(running)).toMatch(/^remote_/);
  await consumer.closed;
  expect(await codeOf(remote.never())).toMatch(/^remote_/);
});

test("P07: undefined, cyclic, huge and unsendable thrown values arrive as errors, without a stack of the server", async () => {
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const thrown: unknown[] = [
    undefined,
    cyclic,
    new Error("x".repeat(1_000_000)),
    Symbol("s"),
    Object.assign(new Error("with"), { socket: new Tree() }),
    { toString: () => Promise.reject() },
  ];
  const { remote, end } = await objects("memory", {
    fail(at: number): never {
      throw thrown[at];
    },
  });
  const got: unknown[] = [];
  for (let at = 0; at < thrown.length; at++) got.push(await remote.fail(at).catch((error: unknown) => error));
  expect(got[0]).toBeUndefined();
  expect((got[1] as { self: unknown }).self).toBe(got[1]);
  expect((got[2] as Error).message.length).toBeLessThan(5_000);
  for (const error of [got[2], got[3], got[4]]) {
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).stack).not.toContain("objects-hostile.test.ts:2");
  }
  await end();
});

test("P08: a result or an argument above the limit fails its call, on either side", async () => {
  const { remote, end } = await objects(
    "memory",
    { zeros: (n: number) => new Uint8Array(n), take: (b: Uint8Array) => b.length },
    { limits: { itemBytes: 100_000 } },
  );
  expect(await codeOf(remote.zeros(200_000))).toBe("remote_failed");
  expect(await codeOf(remote.take(new Uint8Array(200_000)))).toBe("local_item_too_large");
  expect(await remote.take(new Uint8Array(50_000))).toBe(50_000);
  await end();
});

test("P11: one function on two connections works on the one when the other has closed", async () => {
  const shared = () => "still here";
  const first = await objects("memory", { get: () => shared });
  const second = await objects("memory", { get: () => shared });
  const [one, two] = [await first.remote.get(), await second.remote.get()];
  expect(await one()).toBe("still here");
  await first.end();
  expect(await two()).toBe("still here");
  expect(await codeOf(one())).toBe("local_closed");
  await second.end();
});

test("more calls at once than allowed are refused, and those that run go on", async () => {
  const finish: (() => void)[] = [];
  const { remote, end } = await objects(
    "memory",
    { wait: () => new Promise<string>((resolve) => finish.push(() => resolve("done"))) },
    { limits: { calls: 10 } },
  );
  const calls = Array.from({ length: 15 }, () => outcome(remote.wait()));
  await until(
    () => finish.length === 10,
    () => "ten calls run",
  );
  await turns(3);
  for (const go of finish) go();
  const results = await Promise.all(calls);
  expect(results.filter((result) => "value" in result)).toHaveLength(10);
  for (const result of results) {
    if ("error" in result) expect(CuttleError.is(result.error, "remote_rejected")).toBe(true);
  }
  await end();
});

test("a hundred thousand calls at once are all answered, and nothing of them is left", {
  timeout: 30_000,
}, async () => {
  const { remote, end } = await objects(
    "memory",
    { twice: (n: number) => n * 2 },
    { limits: { calls: 200_000, itemBytes: 64 << 20 } },
  );
  const results = await Promise.all(Array.from({ length: 100_000 }, (_, n) => remote.twice(n)));
  expect(results.every((result, n) => result === n * 2)).toBe(true);
  await end();
});

test("a callback of an owner that is gone fails, and nothing else", async () => {
  let kept: ((n: number) => Promise<number>) | undefined;
  const first = await objects("memory", {
    keep(callback: (n: number) => Promise<number>) {
      kept = callback;
    },
  });
  await first.remote.keep(async (n) => n + 1);
  expect(await kept?.(1)).toBe(2);
  await first.end();
  expect(await codeOf(kept?.(1) as Promise<number>)).toMatch(/closed$/);
});

test("references in a circle between the two sides are let go when they are disposed of", async () => {
  class Node extends RemoteObject {
    other: (Disposable & object) | undefined;
    link(other: Disposable & object): void {
      this.other = other;
    }
    unlink(): void {
      this.other?.[Symbol.dispose]();
    }
  }
  const there = new Node();
  const { remote, provider, consumer, end } = await objects("memory", { get: () => there });
  const here = new Node();
  const stub = await remote.get();
  await stub.link(here as never);
  here.other = stub as never;
  expect([provider.stats().objects.exports, consumer.stats().objects.exports]).toEqual([2, 1]);
  await stub.unlink();
  stub[Symbol.dispose]();
  await until(
    () => provider.stats().objects.exports === 1 && consumer.stats().objects.exports === 0,
    () => "both are let go",
  );
  await end();
});

test("a peer that asks and never reads the answers is disconnected before it costs more than the limit", async () => {
  const { provider, peer, say } = await hostile({ big: () => "x".repeat(10_000) }, { itemBytes: 200_000 });
  await say(greeting);
  const closed = outcome(provider.closed);
  let id = 0;
  const flood = (async () => {
    for (; id < 200; ) await say(call(id++, 0, ["big"]));
  })().catch(() => undefined);
  const { error } = (await closed) as { error: CuttleError };
  expect(error.code).toBe("peer_protocol");
  peer.mux.fail(error);
  await flood;
});

test("a described side and a plain one say that they do not fit, and what to do", async () => {
  const first = memoryPair();
  const [described, plain] = await Promise.all([
    connectTransport(first.a, { send: t.u32, receive: t.u32 }).then(async (conn) => {
      await conn.tx.send(5);
      return conn;
    }),
    outcome(consumeObjectOver(first.b, {})),
  ]);
  expect(plain).toMatchObject({ error: { code: "peer_incompatible", message: expect.stringContaining("descriptor") } });
  await outcome(described.closed);
});
