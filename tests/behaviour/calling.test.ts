/** Remote traits between two ends of this library: servers, clients, cancellation, forwarding. */

import { describe, expect, test } from "vitest";
import {
  type ClientOf,
  clientControl,
  consume,
  forwardRequests,
  type Impl,
  monitor,
  mpsc,
  provide,
  requestsOf,
  serveObject,
  serveRequests,
  service,
  t,
} from "../../ts/index.ts";
import { deferred } from "../../ts/util/deferred.ts";
import { withService } from "./support/calling.ts";
import { VirtualClock } from "./support/clock.ts";
import { CODECS, pass, withPair } from "./support/pair.ts";
import { codeOf, errorOf, turns, until, watch as watchPromise } from "./support/wait.ts";

const [postbag] = CODECS as [(typeof CODECS)[number]];

/** Calls that begin and end when the test says so. */
const Steps = service(
  "Steps",
  {
    look: t.method("&self", { id: t.u32 }, t.u32),
    change: t.method("&mut self", { id: t.u32 }, t.u32),
    insist: t.method("&self", { id: t.u32 }, t.u32, undefined, { noCancel: true }),
  },
  { clone: true },
);

class StepsImpl implements Impl<typeof Steps> {
  readonly log: string[] = [];
  readonly gates = new Map<number, ReturnType<typeof deferred<void>>>();

  look = ({ id }: { id: number }, { signal }: { signal: AbortSignal }) => this.#step(`look ${id}`, id, signal);
  change = ({ id }: { id: number }, { signal }: { signal: AbortSignal }) => this.#step(`change ${id}`, id, signal);
  insist = ({ id }: { id: number }, { signal }: { signal: AbortSignal }) => this.#step(`insist ${id}`, id, signal);

  open(id: number): void {
    this.gates.get(id)?.resolve();
  }

  async #step(name: string, id: number, signal: AbortSignal): Promise<number> {
    this.log.push(name);
    const gate = deferred<void>();
    this.gates.set(id, gate);
    signal.addEventListener("abort", () => gate.reject(signal.reason));
    await gate.promise.finally(() => this.log.push(`${name} ${signal.aborted ? "aborted" : "done"}`));
    return id;
  }
}

describe("servers", () => {
  test("TR-6 TR-41: readers run together, writers alone, and all begin in the order in which they came", async () => {
    const steps = new StepsImpl();
    await withService(Steps, steps, async ({ client }) => {
      const calls = [client.look({ id: 1 }), client.look({ id: 2 }), client.change({ id: 3 }), client.look({ id: 4 })];
      await until(
        () => steps.gates.size === 2,
        () => "both readers began",
      );
      await turns(20);
      expect(steps.log).toEqual(["look 1", "look 2"]);
      steps.open(2);
      await turns(20);
      expect(steps.log).toEqual(["look 1", "look 2", "look 2 done"]);
      steps.open(1);
      await until(
        () => steps.gates.has(3),
        () => "the writer began",
      );
      await turns(20);
      expect(steps.log.at(-1)).toBe("change 3");
      steps.open(3);
      await until(
        () => steps.gates.has(4),
        () => "the last reader began",
      );
      steps.open(4);
      expect(await Promise.all(calls)).toEqual([1, 2, 3, 4]);
    });
  });

  test("TR-3 TR-4: with parallel 1 every call waits for the one before", async () => {
    const steps = new StepsImpl();
    await withService(
      Steps,
      steps,
      async ({ client }) => {
        const calls = [client.look({ id: 1 }), client.look({ id: 2 })];
        await until(
          () => steps.gates.has(1),
          () => "the first began",
        );
        await turns(20);
        expect(steps.gates.has(2)).toBe(false);
        steps.open(1);
        await until(
          () => steps.gates.has(2),
          () => "the second began",
        );
        steps.open(2);
        expect(await Promise.all(calls)).toEqual([1, 2]);
      },
      { parallel: 1 },
    );
  });

  test("TR-5 TR-41: no more than `parallel` readers run, and the rest waits with its callers", async () => {
    const steps = new StepsImpl();
    await withService(
      Steps,
      steps,
      async ({ client }) => {
        const calls = [1, 2, 3, 4].map((id) => client.look({ id }));
        await until(
          () => steps.gates.size === 2,
          () => "two began",
        );
        await turns(20);
        expect(steps.gates.size).toBe(2);
        steps.open(1);
        await until(
          () => steps.gates.has(3),
          () => "the third began",
        );
        steps.open(2);
        steps.open(3);
        await until(
          () => steps.gates.has(4),
          () => "the fourth began",
        );
        steps.open(4);
        expect(await Promise.all(calls)).toEqual([1, 2, 3, 4]);
      },
      { parallel: 2 },
    );
  });

  test("TR-2: a method that takes self ends its server; later calls say that nobody serves them", async () => {
    const Once = service("Once", { value: t.method("&self", {}, t.u32), take: t.method("self", {}, t.u32) });
    await withService(Once, { value: () => 1, take: () => 2 }, async ({ client, server }) => {
      expect(await client.value()).toBe(1);
      expect(await client.take()).toBe(2);
      expect(await server.done).toBe("consumed");
      await clientControl(client).closed();
      expect(await codeOf(client.value())).toBe("remote_closed");
      expect(clientControl(client)).toMatchObject({ isClosed: true, capacity: 0 });
    });
  });

  test("TR-7: requests can be taken as values, and answered in any order", async () => {
    const Two = service("Two", { a: t.method("&self", { x: t.u32 }, t.u32), b: t.method("&self", {}, t.str, t.str) });
    await withPair("memory", postbag, { toA: t.client(Two) }, async (pair) => {
      const { requests, client: local } = requestsOf(Two);
      const client = await pass(pair.b, pair.a, local);
      const calls = [client.a({ x: 1 }), codeOf(client.b()), client.a({ x: 3 }), codeOf(client.b())];
      const taken = [await requests.recv(), await requests.recv(), await requests.recv(), await requests.recv()];
      for (const request of taken.reverse()) {
        if (request?.method === "a") await request.reply(request.args.x * 10);
        else request?.drop();
      }
      expect(await Promise.all(calls)).toEqual([10, "remote_failed", 30, "remote_failed"]);
      clientControl(client).close();
      expect(await requests.recv()).toBeUndefined();
    });
  });

  test("TR-7: closed requests take nothing new, and what was sent is still served", async () => {
    const steps = new StepsImpl();
    await withService(Steps, steps, async ({ client, server }) => {
      const first = client.change({ id: 1 });
      const second = client.change({ id: 2 });
      await until(
        () => steps.gates.has(1),
        () => "the first began",
      );
      server.close();
      steps.open(1);
      await until(
        () => steps.gates.has(2),
        () => "the second began",
      );
      steps.open(2);
      expect([await first, await second]).toEqual([1, 2]);
      expect(await server.done).toBe("over");
      await clientControl(client).closed();
      expect(await codeOf(client.look({ id: 3 }))).toBe("remote_closed");
    });
  });

  test("a server over provide() tells its implementation the connection", async () => {
    const Peer = service("Peer", { generation: t.method("&self", {}, t.str) });
    const { port1, port2 } = new MessageChannel();
    const [conn, client] = await Promise.all([
      provide(Peer, { generation: (_args, { conn }) => conn?.peer.generation ?? "none" }, { to: port1 }),
      consume(Peer, port2),
    ]);
    expect(await client.generation()).toBe(conn.peer.generation);
    clientControl(client).close();
    await conn.closed;
  });

  test("serving without a connection works as with one", async () => {
    const steps = new StepsImpl();
    const { server, client } = serveObject(Steps, steps);
    const call = client.look({ id: 1 });
    await until(
      () => steps.gates.has(1),
      () => "it began",
    );
    steps.open(1);
    expect(await call).toBe(1);
    clientControl(client).close();
    expect(await server.done).toBe("over");
  });
});

describe("cancellation", () => {
  test("TR-14: a call that is given up aborts the signal of its implementation, and frees its place", async () => {
    const steps = new StepsImpl();
    await withService(Steps, steps, async ({ client }) => {
      const giveUp = new AbortController();
      const call = client.change({ id: 1 }, { signal: giveUp.signal });
      await until(
        () => steps.gates.has(1),
        () => "it began",
      );
      giveUp.abort(new Error("enough"));
      await expect(call).rejects.toThrow("enough");
      await until(
        () => steps.log.includes("change 1 aborted"),
        () => "the implementation heard of it",
      );
      const next = client.change({ id: 2 });
      await until(
        () => steps.gates.has(2),
        () => "the next one began",
      );
      steps.open(2);
      expect(await next).toBe(2);
    });
  });

  test("TR-14: a call that is given up before its turn never begins", async () => {
    const steps = new StepsImpl();
    await withService(Steps, steps, async ({ client, pair }) => {
      const first = client.change({ id: 1 });
      const giveUp = new AbortController();
      const second = client.change({ id: 2 }, { signal: giveUp.signal });
      await until(
        () => steps.gates.has(1),
        () => "the first began",
      );
      await pair.quiet();
      giveUp.abort("enough");
      expect(await errorOf(second)).toBe("enough");
      await pair.quiet();
      steps.open(1);
      expect(await first).toBe(1);
      await pair.quiet();
      expect(steps.log).toEqual(["change 1", "change 1 done"]);
    });
  });

  test("TR-14: an implementation that insists is not told, and goes on", async () => {
    const steps = new StepsImpl();
    await withService(Steps, steps, async ({ client, pair }) => {
      const giveUp = new AbortController();
      const call = client.insist({ id: 1 }, { signal: giveUp.signal });
      await until(
        () => steps.gates.has(1),
        () => "it began",
      );
      giveUp.abort("enough");
      expect(await errorOf(call)).toBe("enough");
      await pair.quiet();
      expect(steps.log).toEqual(["insist 1"]);
      steps.open(1);
      await until(
        () => steps.log.includes("insist 1 done"),
        () => "it ended",
      );
    });
  });

  test("the loss of the connection aborts what runs, and rejects what waits", async () => {
    const steps = new StepsImpl();
    await withService(
      Steps,
      steps,
      async ({ client, pair }) => {
        const call = watchPromise(client.look({ id: 1 }));
        await until(
          () => steps.gates.has(1),
          () => "it began",
        );
        pair.cut();
        await until(
          () => steps.log.includes("look 1 aborted") && call.settled,
          () => "both sides heard of it",
        );
      },
      { pair: { fails: true } },
    );
  });
});

describe("clients as values", () => {
  test("TR-21: a client is sent on over two hops, and a watched channel comes back", async () => {
    const Live = service("Live", { numbers: t.method("&self", { upTo: t.u32 }, t.mpsc.receiver(t.u32)) });
    const impl: Impl<typeof Live> = {
      numbers({ upTo }) {
        const [tx, rx] = mpsc.channel(t.u32);
        void (async () => {
          for (let at = 0; at < upTo; at += 1) await tx.send(at);
          tx.close();
        })();
        return rx;
      },
    };
    await withService(Live, impl, async ({ client }) => {
      await withPair("memory", postbag, { toB: t.client(Live) }, async (pair) => {
        const forwarded = await pass(pair.a, pair.b, clientControl(client).clone());
        const numbers: number[] = [];
        for await (const number of await forwarded.numbers({ upTo: 5 })) numbers.push(number);
        expect(numbers).toEqual([0, 1, 2, 3, 4]);
        clientControl(forwarded).close();
      });
    });
  });

  test("TR-13: a client is cloned where the trait allows it, and the server ends after the last one", async () => {
    const steps = new StepsImpl();
    await withService(Steps, steps, async ({ client, server }) => {
      const other = clientControl(client).clone();
      clientControl(client).close();
      await turns(20);
      expect(watchPromise(server.done).settled).toBe(false);
      const call = other.look({ id: 1 });
      await until(
        () => steps.gates.has(1),
        () => "it began",
      );
      steps.open(1);
      expect(await call).toBe(1);
      clientControl(other).close();
      expect(await server.done).toBe("over");
    });
    const Single = service("Single", { change: t.method("&mut self", {}, t.unit) });
    const { client, server } = serveObject(Single, { change: () => null });
    expect(() => clientControl(client).clone()).toThrow(/cannot be cloned/);
    clientControl(client).close();
    await server.done;
  });

  test("a client can be sent once", async () => {
    await withService(Steps, new StepsImpl(), async ({ client }) => {
      await withPair("memory", postbag, { toB: t.client(Steps) }, async (pair) => {
        const forwarded = await pass(pair.a, pair.b, client);
        expect(await codeOf(pair.a.tx.send(client))).toBe("local_half_used");
        expect(await codeOf(client.look({ id: 1 }))).toBe("local_half_used");
        clientControl(forwarded).close();
      });
    });
  });

  test("TR-29 TR-31: requests are sent away and served over there", async () => {
    const Plain = service("Plain", { double: t.method("&self", { x: t.u32 }, t.u32) });
    await withPair("memory", postbag, { toB: t.requests(Plain) }, async (pair) => {
      const { requests, client } = requestsOf(Plain);
      const early = client.double({ x: 1 });
      const there = await pass(pair.a, pair.b, requests);
      const server = serveRequests(there, { double: ({ x }) => 2 * x });
      expect([await early, await client.double({ x: 2 })]).toEqual([2, 4]);
      clientControl(client).close();
      expect(await server.done).toBe("over");
    });
  });

  test("TR-32: requests are forwarded to another client", async () => {
    const Plain = service("Plain", { double: t.method("&self", { x: t.u32 }, t.u32) });
    await withService(Plain, { double: ({ x }) => 2 * x }, async ({ client, server }) => {
      const front = requestsOf(Plain);
      const forwarding = forwardRequests(front.requests, client);
      expect(await front.client.double({ x: 21 })).toBe(42);
      server.close();
      await clientControl(client).closed();
      expect(await forwarding).toBe("gone");
      expect(await codeOf(front.client.double({ x: 1 }))).toBe("remote_closed");
      clientControl(front.client).close();
    });
  });

  test("TR-28: a client that a method returns is called before it is there", async () => {
    const Room = service("Room", { say: t.method("&self", { text: t.str }, t.u32) });
    const Lobby = service("Lobby", {
      open: t.method("&self", { name: t.str }, t.client(Room), t.str),
    });
    const said: string[] = [];
    const impl: Impl<typeof Lobby> = {
      open({ name }) {
        if (name === "") throw new Error("no name");
        return serveObject(Room, { say: ({ text }) => said.push(`${name}: ${text}`) }).client;
      },
    };
    await withService(Lobby, impl, async ({ client }) => {
      const room = client.open({ name: "hall" });
      expect(await Promise.all([room.say({ text: "one" }), room.say({ text: "two" })])).toEqual([1, 2]);
      expect(said).toEqual(["hall: one", "hall: two"]);
      clientControl(await room).close();
      const refused = client.open({ name: "" });
      expect(await codeOf(refused.say({ text: "three" }))).toBe("remote_failed");
      expect(await codeOf(refused)).toBe("remote_failed");
    });
  });
});

describe("signatures that change", () => {
  const Old = service("Greeter", { greet: t.method("&self", { name: t.str }, t.str) });
  const New = service("Greeter", {
    greet: t.method("&self", { name: t.str, loud: t.withDefault(t.bool, false), title: t.option(t.str) }, t.str),
  });

  test("TR-19: an argument with a default may be missing, and one that is not known is skipped", async () => {
    const full: Impl<typeof New> = { greet: ({ name, loud, title }) => `${title ?? ""}${name}${loud ? "!" : ""}` };
    const { server, client } = serveObject(New, full);
    await withPair("memory", postbag, { toB: t.client(New), bReceives: t.client(Old) as never }, async (pair) => {
      await pair.a.tx.send(client);
      const old = (await pair.b.rx.recv()) as unknown as ClientOf<typeof Old>;
      expect(await old.greet({ name: "Ada" })).toBe("Ada");
      clientControl(old).close();
      await server.done;
    });
    const { server: oldServer, client: oldClient } = serveObject(Old, { greet: ({ name }) => name });
    await withPair("memory", postbag, { toB: t.client(Old), bReceives: t.client(New) as never }, async (pair) => {
      await pair.a.tx.send(oldClient);
      const fresh = (await pair.b.rx.recv()) as unknown as ClientOf<typeof New>;
      expect(await fresh.greet({ name: "Ada", loud: true })).toBe("Ada");
      clientControl(fresh).close();
      await oldServer.done;
    });
  });
});

describe("monitors", () => {
  const Plain = service("Plain", { ping: t.method("&self", {}, t.unit) });

  test("TR-23: a rate limit delays what is too much, in order, and refuses nothing", async () => {
    const clock = new VirtualClock();
    const order: number[] = [];
    let count = 0;
    await withService(
      Plain,
      {
        ping() {
          order.push(count++);
          return null;
        },
      },
      async ({ client }) => {
        const calls = [client.ping(), client.ping(), client.ping()];
        await Promise.all(calls.slice(0, 2));
        await turns(20);
        expect(order).toEqual([0, 1]);
        clock.advance(1_000);
        await calls[2];
        expect(order).toEqual([0, 1, 2]);
      },
      { monitor: monitor.rateLimit(2, 1_000, { clock }) },
    );
  });

  test("TR-23: a concurrency limit holds over several servers", async () => {
    const steps = new StepsImpl();
    const limit = monitor.concurrencyLimit(1);
    const one = serveObject(Steps, steps, { monitor: limit });
    const two = serveObject(Steps, steps, { monitor: limit });
    const calls = [one.client.look({ id: 1 }), two.client.look({ id: 2 })];
    await until(
      () => steps.gates.has(1),
      () => "the first began",
    );
    await turns(20);
    expect(steps.gates.has(2)).toBe(false);
    steps.open(1);
    await until(
      () => steps.gates.has(2),
      () => "the second began",
    );
    steps.open(2);
    expect(await Promise.all(calls)).toEqual([1, 2]);
    for (const { client, server } of [one, two]) {
      clientControl(client).close();
      await server.done;
    }
  });

  test("TR-23 TR-39: after too many requests that it cannot read, a server with that monitor stops", async () => {
    const clock = new VirtualClock();
    const Wrong = service("Plain", { pong: t.method("&self", {}, t.unit) });
    const { server, client } = serveObject(
      Plain,
      { ping: () => null },
      {
        monitor: monitor.incompatibleClient(2, 1_000, { clock }),
      },
    );
    await withPair("memory", postbag, { toB: t.client(Plain), bReceives: t.client(Wrong) as never }, async (pair) => {
      await pair.a.tx.send(client);
      const wrong = (await pair.b.rx.recv()) as unknown as ClientOf<typeof Wrong>;
      for (let at = 0; at < 2; at += 1) expect(await codeOf(wrong.pong())).toBe("peer_incompatible");
      // The third is what it stops at.
      expect(["peer_incompatible", "remote_closed"]).toContain(await codeOf(wrong.pong()));
      expect(await server.done).toBe("stopped");
      clientControl(wrong).close();
    });
  });

  test("TR-23 TR-39: a client with that monitor waits before it calls a method that failed too often", async () => {
    const clock = new VirtualClock();
    const failing: Impl<typeof Plain> = {
      ping() {
        throw new Error("not now");
      },
    };
    await withService(Plain, failing, async ({ client }) => {
      clientControl(client).monitor = monitor.incompatibleServer(1, 1_000, { clock });
      for (let at = 0; at < 2; at += 1) expect(await codeOf(client.ping())).toBe("remote_failed");
      const third = client.ping();
      const watched = watchPromise(third);
      await turns(20);
      expect(watched.settled).toBe(false);
      clock.advance(1_000);
      expect(await codeOf(third)).toBe("remote_failed");
    });
  });

  test("TR-23: what a chain drops is told to the caller, and every part hears how calls ended", async () => {
    const ends: string[] = [];
    const listening = (name: string): monitor.Monitor => ({
      admit: () => (end) => void ends.push(`${name} ${end.how}`),
    });
    const dropping: monitor.Monitor = { admit: () => false };
    await withService(Plain, { ping: () => null }, async ({ client }) => {
      const control = clientControl(client);
      control.monitor = monitor.chain(listening("a"), listening("b"));
      await client.ping();
      expect(ends).toEqual(["b done", "a done"]);
      control.monitor = monitor.chain(listening("c"), dropping);
      expect(await codeOf(client.ping())).toBe("remote_failed");
      expect(ends.slice(2)).toEqual(["c failed"]);
    });
  });
});
