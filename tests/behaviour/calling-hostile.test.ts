/** What a hostile, broken or unlucky peer can do to traits, functions and objects. Ids of SECURITY.md. */

import { describe, expect, test, vi } from "vitest";
import {
  type ClientOf,
  clientControl,
  functions,
  Handle,
  type Infer,
  type LazyBlob,
  mpsc,
  requestsOf,
  serveObject,
  service,
  t,
} from "../../ts/index.ts";
import { numberedStruct } from "../../ts/schema/numbered.ts";
import { memoryPair } from "../../ts/transport/memory.ts";
import type { Transport, TransportSink } from "../../ts/transport/transport.ts";
import { withService } from "./support/calling.ts";
import { CODECS, pass, withPair } from "./support/pair.ts";
import { codeOf, errorOf, outcome, turns, until } from "./support/wait.ts";

const [postbag] = CODECS as [(typeof CODECS)[number]];
const Plain = service("Plain", {
  ping: t.method("&self", {}, t.u32),
  echo: t.method("&self", { text: t.str }, t.str),
});

/** Two ends, of which the first can be kept from sending. */
function gated() {
  const { a, b, cut } = memoryPair();
  let isOpen = true;
  let sink: TransportSink | undefined;
  const held: Transport = {
    kind: a.kind,
    start(given) {
      sink = given;
      return a.start(given);
    },
    capacity: () => (isOpen ? a.capacity() : 0),
    send: (frame) => a.send(frame),
    flush: () => a.flush(),
    close: () => a.close(),
  };
  const gate = {
    close(): void {
      isOpen = false;
    },
    open(): void {
      isOpen = true;
      sink?.writable();
    },
  };
  return { below: { a: held, b, cut, dispose: async () => undefined }, gate };
}

/** An implementation with more than it declares. */
class Guarded {
  readonly secret = "xyzzy";
  calls = 0;
  ping(): number {
    this.calls += 1;
    return this.calls;
  }
  echo({ text }: { text: string }): string {
    return text;
  }
  hidden(): string {
    return this.secret;
  }
}

describe("P01: only what is declared can be called", () => {
  /** What a peer that made up its own declaration calls. */
  const names = [
    "Hidden",
    "Secret",
    "Constructor",
    "constructor",
    "ToString",
    "toString",
    "hasOwnProperty",
    "__proto__",
    "Then",
    "ping",
    "Symbol(Symbol.asyncDispose)",
    "",
  ];

  test.each(names)("a request %j is refused, and the service goes on", async (variant) => {
    const Forged = service("Plain", {
      forged: t.method("&self", {}, t.u32, undefined, { variant }),
      ping: t.method("&self", {}, t.u32),
    });
    const implementation = new Guarded();
    const { server, client } = serveObject(Plain, implementation);
    await withPair("memory", postbag, { toB: t.client(Plain), bReceives: t.client(Forged) as never }, async (pair) => {
      await pair.a.tx.send(client);
      const forged = (await pair.b.rx.recv()) as unknown as ClientOf<typeof Forged>;
      expect(await codeOf(forged.forged())).toBe("peer_incompatible");
      expect(await forged.ping()).toBe(1);
      clientControl(forged).close();
      expect(await server.done).toBe("over");
    });
  });

  test("a method of another kind, a missing argument and one of another type are refused alike", async () => {
    const Forged = service("Plain", {
      kind: t.method("&mut self", {}, t.u32, undefined, { variant: "Ping" }),
      missing: t.method("&self", {}, t.str, undefined, { variant: "Echo" }),
      ping: t.method("&self", {}, t.u32),
    });
    const { server, client } = serveObject(Plain, new Guarded());
    await withPair("memory", postbag, { toB: t.client(Plain), bReceives: t.client(Forged) as never }, async (pair) => {
      await pair.a.tx.send(client);
      const forged = (await pair.b.rx.recv()) as unknown as ClientOf<typeof Forged>;
      expect(await codeOf(forged.kind())).toBe("peer_incompatible");
      expect(await codeOf(forged.missing())).toBe("peer_incompatible");
      expect(await forged.ping()).toBe(1);
      clientControl(forged).close();
      await server.done;
    });
  });

  test("an implementation must have each method itself: what every object inherits is none", () => {
    const Odd = service("Odd", { toString: t.method("&self", {}, t.str), constructor: t.method("&self", {}, t.str) });
    expect(() => serveObject(Odd, {} as never)).toThrow(/has no method toString/);
    expect(() => serveObject(Odd, { toString: () => "" } as never)).toThrow(/has no method constructor/);
  });

  test("a client is no promise, whatever its service declares, and inherits nothing", async () => {
    const key: string = "then";
    expect(() => service("Trap", { [key]: t.method("&self", {}, t.u32) })).toThrow(/taken for a promise/);
    const Trap = service("Trap", { andThen: t.method("&self", {}, t.u32, undefined, { name: "then" }) });
    await withService(Trap, { andThen: () => 5 }, async ({ client }) => {
      expect(await client).toBe(client);
      expect("then" in client || "toString" in client || "__proto__" in client).toBe(false);
      expect(await client.andThen()).toBe(5);
    });
  });
});

test("P02: there are no paths, no constructors and no setters to be called: a request has no place for them", async () => {
  const implementation = new Guarded();
  const { server, client } = serveObject(Plain, implementation);
  const Raw = numberedStruct("Client", { req_tx: t.mpsc.sender(t.record(t.record(t.record(t.str)))) });
  await withPair("memory", postbag, { toB: t.client(Plain), bReceives: Raw as never }, async (pair) => {
    await pair.a.tx.send(client);
    const { req_tx } = (await pair.b.rx.recv()) as unknown as Infer<typeof Raw>;
    for (const group of ["Set", "Construct", "Get", "Ref", "_1"]) {
      await req_tx.send({ [group]: { "secret.length": { path: "secret", value: "stolen" } } });
    }
    await pair.quiet();
    expect(implementation.secret).toBe("xyzzy");
    expect(implementation.calls).toBe(0);
    req_tx.close();
    expect(await server.done).toBe("over");
  });
});

describe("P04: handles", () => {
  class Thing {
    readonly name: string;
    constructor(name: string) {
      this.name = name;
    }
  }
  class Other {}
  const type = t.handle(Thing);

  test("a handle that comes home is the object, any number of times; elsewhere it is nothing", async () => {
    const thing = new Thing("mine");
    await withPair("memory", postbag, { toB: type, toA: type }, async (pair) => {
      const there = await pass(pair.a, pair.b, Handle.of(thing));
      expect(there.isLocal).toBe(false);
      expect(() => there.value).toThrow(/stands for no object here/);
      for (let times = 0; times < 2; times += 1) {
        const home = await pass(pair.b, pair.a, there);
        expect(home.value).toBe(thing);
        home.drop();
      }
      there.drop();
    });
  });

  test("a forged id, and one of another connection, stand for nothing", async () => {
    const Raw = numberedStruct("Handle", { id: t.uuid, dropped_tx: t.mpsc.sender(t.unit) });
    await withPair("memory", postbag, { toB: type, toA: type }, async (one) => {
      const there = await pass(one.a, one.b, Handle.of(new Thing("mine")));
      await withPair("memory", postbag, { toA: type, toB: Raw, bReceives: type as never }, async (two) => {
        // What is known over there is the id.
        for (const id of ["67e55044-10b1-426f-9247-bb680e5fe0c8", crypto.randomUUID()]) {
          const [dropped_tx, dropped_rx] = mpsc.channel(t.unit);
          await two.a.tx.send({ id, dropped_tx } as never);
          const forged = (await two.b.rx.recv()) as unknown as Handle<Thing>;
          expect(forged.isLocal).toBe(false);
          forged.drop();
          expect(await dropped_rx.recv()).toBeUndefined();
        }
      });
      const home = await pass(one.b, one.a, there);
      expect(home.value.name).toBe("mine");
      home.drop();
      there.drop();
    });
  });

  test("HA-2: the object is let go of when the last peer has; released twice is released once", async () => {
    await withPair("memory", postbag, { toB: type, toA: type }, async (pair) => {
      const there = await pass(pair.a, pair.b, Handle.of(new Thing("mine")));
      there.drop();
      there.drop();
      expect(await codeOf(pair.b.tx.send(there))).toBe("local_half_used");
    });
  });

  test("a handle for an object of another class is refused", async () => {
    await withPair("memory", postbag, { toB: type, toA: t.handle(Other) }, async (pair) => {
      const there = await pass(pair.a, pair.b, Handle.of(new Thing("mine")));
      const sending = pair.b.tx.send(there as unknown as Handle<Other>);
      expect(await codeOf(pair.a.rx.recv())).toBe("peer_decode");
      await sending;
      // Who reads on refuses the channels of what could not be read.
      pair.a.rx.recv().catch(() => undefined);
      there.drop();
    });
  });

  test("an object that was taken out is gone for all handles", async () => {
    const thing = new Thing("mine");
    await withPair("memory", postbag, { toB: type, toA: type }, async (pair) => {
      const mine = Handle.of(thing);
      const there = await pass(pair.a, pair.b, mine);
      expect(mine.take()).toBe(thing);
      const home = await pass(pair.b, pair.a, there);
      expect(home.isLocal).toBe(false);
      home.drop();
      there.drop();
    });
  });
});

describe("P06: an owner that goes", () => {
  test("a dropped server tells the callers whose request runs or waits", async () => {
    const Slow = service("Slow", { work: t.method("&mut self", {}, t.unit) });
    const signals: AbortSignal[] = [];
    const work = async (_args: object, { signal }: { signal: AbortSignal }): Promise<null> => {
      signals.push(signal);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return null;
    };
    await withService(Slow, { work }, async ({ client, server, pair }) => {
      const calls = Array.from({ length: 30 }, () => codeOf(client.work()));
      await until(
        () => signals.length === 1,
        () => "the first began",
      );
      await pair.quiet();
      server.drop();
      expect(new Set(await Promise.all(calls))).toEqual(new Set(["remote_failed"]));
      expect(signals).toHaveLength(1);
      expect(await server.done).toBe("dropped");
    });
  });

  test("a call that was accepted and cannot be sent any more, because its server has gone, says so", async () => {
    const { below, gate } = gated();
    const { requests, client: local } = requestsOf(Plain);
    await withPair("memory", postbag, { toA: t.client(Plain), below }, async (pair) => {
      const client = await pass(pair.b, pair.a, local);
      await pair.quiet();
      gate.close();
      const reply = client.ping();
      // As a server in Rust ends: without reading on.
      requests.receiver.drop();
      await clientControl(client).closed();
      expect(await codeOf(reply)).toBe("remote_closed");
      gate.open();
      clientControl(client).close();
    });
  });

  test("FN-5: a function that was taken back cannot be called, and its owner knows when nobody can", async () => {
    const type = t.rfn([t.u32], t.u32);
    await withPair("memory", postbag, { toB: type }, async (pair) => {
      const { fn, provider } = functions.provide(async (x: number) => x + 1);
      const there = await pass(pair.a, pair.b, fn);
      expect(await there(1)).toBe(2);
      expect(provider.count).toBe(1);
      provider.revoke();
      await functions.closed(there);
      expect(await codeOf(there(1))).toBe("remote_failed");
      await provider.done();
      functions.release(there);
    });
  });
});

describe("P07: what an implementation throws", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  const thrown = [undefined, null, "text", cyclic, "x".repeat(100_000), new Error("the password is xyzzy")];

  test("is not told to the caller unless it is declared; the server goes on", async () => {
    let at = 0;
    const ping = (): number => {
      if (at < thrown.length) throw thrown[at++];
      return 7;
    };
    await withService(Plain, { ping, echo: ({ text }) => text }, async ({ client, failures }) => {
      for (const _ of thrown) {
        const error = await errorOf(client.ping());
        expect(error).toMatchObject({ code: "remote_failed", data: { kind: "Dropped" } });
        expect(String((error as Error).stack)).not.toContain("xyzzy");
      }
      expect(await client.ping()).toBe(7);
      expect(failures).toEqual(thrown);
    });
  });

  test("TR-22: the failure of another call becomes a CallError where the method has a place for one", async () => {
    const WithPlace = t.enum("WithPlace", { Full: t.unit, Call: t.callError });
    const Outer = service("Outer", {
      plain: t.method("&self", {}, t.u32),
      placed: t.method("&self", {}, t.u32, WithPlace),
    });
    const { server, client: gone } = serveObject(Plain, new Guarded());
    server.drop();
    const ask = (): Promise<number> => gone.ping();
    await withService(Outer, { plain: ask, placed: ask }, async ({ client }) => {
      expect(await codeOf(client.plain())).toBe("remote_failed");
      const error = await errorOf(client.placed());
      expect(WithPlace.is(error, "Call")).toBe(true);
      expect(WithPlace.is(error, "Full")).toBe(false);
    });
  });

  test("a function that fails tells its caller no more than that", async () => {
    const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await withPair("memory", postbag, { toB: t.rfn([], t.u32) }, async (pair) => {
      const there = await pass(pair.a, pair.b, async () => {
        throw new Error("the password is xyzzy");
      });
      const error = await errorOf(there());
      expect(error).toMatchObject({ code: "remote_failed" });
      expect(String((error as Error).stack)).not.toContain("xyzzy");
      functions.release(there);
    });
    expect(told).toHaveBeenCalledOnce();
    told.mockRestore();
  });
});

describe("P08 TR-16 TR-17: sizes", () => {
  test("a request above the limit is refused here, and the client goes on", async () => {
    await withService(
      Plain,
      new Guarded(),
      async ({ client }) => {
        expect(clientControl(client).maxRequestBytes).toBe(1_000);
        expect(await codeOf(client.echo({ text: "x".repeat(2_000) }))).toBe("local_item_too_large");
        expect(await client.echo({ text: "short" })).toBe("short");
      },
      { maxRequestBytes: 1_000 },
    );
  });

  test("a reply above the caller's limit is an error for that call, and the server goes on", async () => {
    const Big = service("Big", { text: t.method("&self", { len: t.u32 }, t.str) });
    await withService(Big, { text: ({ len }) => "x".repeat(len) }, async ({ client, failures }) => {
      clientControl(client).maxReplyBytes = 1_000;
      expect(await codeOf(client.text({ len: 2_000 }))).toBe("remote_failed");
      expect(await client.text({ len: 20 })).toHaveLength(20);
      expect(failures).toEqual([expect.objectContaining({ code: "local_item_too_large" })]);
    });
  });

  test("a result that does not fit its type is an error for that call, and halves in it are let go of", async () => {
    const Odd = service("Odd", {
      pair: t.method("&self", {}, t.struct({ rx: t.mpsc.receiver(t.u32), number: t.u32 })),
    });
    const senders: mpsc.Sender<number>[] = [];
    const pair = (): { rx: mpsc.Receiver<number>; number: number } => {
      const [tx, rx] = mpsc.channel(t.u32);
      senders.push(tx);
      return { rx, number: -1 };
    };
    await withService(Odd, { pair }, async ({ client, failures }) => {
      expect(await codeOf(client.pair())).toBe("remote_failed");
      expect(await senders[0]?.closed()).toBe("dropped");
      expect(failures).toEqual([expect.objectContaining({ code: "local_encode" })]);
    });
  });

  test("R12: a blob that says it is too long is not fetched, and one that lies is noticed", async () => {
    const Request = numberedStruct("LazyBlobRequest", { bin_tx: t.bin.sender });
    const Raw = numberedStruct("LazyBlob", { req_tx: t.mpsc.sender(Request), len: t.u64 });
    await withPair("memory", postbag, { toB: Raw, bReceives: t.lazyBlob as never }, async (pair) => {
      for (const { len, sent, code } of [
        { len: 1n << 60n, sent: 0, code: "local_limit" },
        { len: 10n, sent: 4, code: "peer_decode" },
        { len: 10n, sent: 11, code: "peer_item_too_large" },
      ]) {
        const [req_tx, req_rx] = mpsc.channel(Request);
        await pair.a.tx.send({ req_tx, len });
        const blob = (await pair.b.rx.recv()) as unknown as LazyBlob;
        const fetching = outcome(blob.bytes());
        const request = code === "local_limit" ? undefined : await req_rx.recv();
        await request?.bin_tx.send(new Uint8Array(sent)).catch(() => undefined);
        request?.bin_tx.close();
        expect(await fetching).toMatchObject({ error: { code } });
        blob.drop();
        expect(await req_rx.recv()).toBeUndefined();
      }
    });
  });
});

test("P11: a function given to two connections goes on for one when the other is closed", async () => {
  const type = t.rfn([t.u32], t.u32);
  const double = async (x: number): Promise<number> => 2 * x;
  await withPair("memory", postbag, { toB: type }, async (one) => {
    const first = await pass(one.a, one.b, double);
    await withPair("memory", postbag, { toB: type, leavesOpen: true }, async (two) => {
      const second = await pass(two.a, two.b, double);
      expect([await first(1), await second(2)]).toEqual([2, 4]);
    });
    expect(await first(3)).toBe(6);
    functions.release(first);
  });
});

test("R08: of calls whose results are not fetched as many run as the server allows, and none of them twice", async () => {
  const Large = service("Large", { get: t.method("&self", {}, t.bytes) });
  const { below, gate } = gated();
  await withPair("memory", postbag, { toB: t.client(Large), below }, async (pair) => {
    let made = 0;
    const get = (): Uint8Array => {
      made += 1;
      return new Uint8Array(100_000);
    };
    const { client: local, server } = serveObject(Large, { get }, { parallel: 8 });
    const client = await pass(pair.a, pair.b, local);
    await pair.quiet();
    gate.close();
    const calls = Array.from({ length: 200 }, () => client.get());
    await turns(50);
    expect(made).toBe(8);
    gate.open();
    expect((await Promise.all(calls)).every(({ byteLength }) => byteLength === 100_000)).toBe(true);
    expect(made).toBe(200);
    clientControl(client).close();
    expect(await server.done).toBe("over");
  });
});

test("P12: a caller that asks for channels without end is stopped by the limit of its connection", async () => {
  const Greedy = service("Greedy", { open: t.method("&self", {}, t.mpsc.receiver(t.u32)) });
  const senders: mpsc.Sender<number>[] = [];
  const open = (): mpsc.Receiver<number> => {
    const [tx, rx] = mpsc.channel(t.u32);
    senders.push(tx);
    return rx;
  };
  await withService(
    Greedy,
    { open },
    async ({ client, pair }) => {
      const got: mpsc.Receiver<number>[] = [];
      let refused = 0;
      for (let at = 0; at < 60; at += 1) {
        const settled = await outcome(client.open());
        if ("value" in settled) got.push(settled.value);
        else refused += 1;
      }
      expect(refused).toBeGreaterThan(0);
      expect(got.length).toBeGreaterThan(10);
      expect(pair.b.stats().ports).toBeLessThanOrEqual(40);
      for (const rx of got) rx.drop();
      await pair.quiet();
      const again = await client.open();
      again.drop();
      for (const tx of senders) tx.close();
    },
    { pair: { b: { limits: { ports: 40 } } } },
  );
});
