/** Calls of clients that other calls have yet to return: one round trip for a chain, and what becomes of it when a link fails. */

import { describe, expect, test } from "vitest";
import { connectTransport } from "../../ts/connect/connect.ts";
import {
  type Client,
  type ClientOf,
  clientControl,
  type Impl,
  type LinkOptions,
  type Method,
  monitor,
  serveObject,
  service,
  t,
} from "../../ts/index.ts";
import { memoryPair } from "../../ts/transport/memory.ts";
import { deferred } from "../../ts/util/deferred.ts";
import { withService } from "./support/calling.ts";
import { VirtualClock } from "./support/clock.ts";
import { CODECS, pass, withPair } from "./support/pair.ts";
import { codeOf, outcome, turns, until, watch } from "./support/wait.ts";

const [postbag] = CODECS as [(typeof CODECS)[number]];
const Failure = t.enum("Failure", { No: t.str });

/** A chain of any length. */
type StepMethods = {
  next: Method<{ name: t.Descriptor<string> }, Client<StepMethods>, t.Infer<typeof Failure>>;
  slow: Method<{ name: t.Descriptor<string> }, Client<StepMethods>, t.Infer<typeof Failure>>;
  say: Method<{ text: t.Descriptor<string> }, string>;
  same: Method<{ other: t.Descriptor<Client<StepMethods>> }, string>;
};
const step = t.lazy((): t.Descriptor<Client<StepMethods>> => t.client(Step));
const Step = service<StepMethods>("Step", {
  next: t.method("&self", { name: t.str }, step, Failure, { pipelinable: true }),
  slow: t.method("&self", { name: t.str }, step, Failure),
  say: t.method("&self", { text: t.str }, t.str),
  same: t.method("&self", { other: step }, t.str),
});

/** Serves a step, and counts the servers that have not ended. */
class Steps {
  served = 0;
  /** Called before a step is returned. */
  gate: (name: string) => Promise<void> = async () => undefined;

  make(path: string): ClientOf<typeof Step> {
    const next = async ({ name }: { name: string }): Promise<ClientOf<typeof Step>> => {
      await this.gate(name);
      if (name === "bad") throw Failure.error({ No: `${path} has no bad` });
      if (name === "broken") throw new Error("broken");
      return this.make(`${path}/${name}`);
    };
    const implementation: Impl<typeof Step> = {
      next,
      slow: next,
      say: ({ text }) => `${path}: ${text}`,
      same: ({ other }) => other.say({ text: path }).finally(() => clientControl(other).close()),
    };
    const { client, server } = serveObject(Step, implementation, { onFailure: () => undefined });
    this.served += 1;
    void server.done.then(() => {
      this.served -= 1;
    });
    return client;
  }
}

/** A root step of the far end; what the far end says can be held back. */
async function chain(ours: LinkOptions = {}, theirs: LinkOptions = {}) {
  const frames: string[] = [];
  const network = { holds: false, held: [] as (() => void)[] };
  const { a, b, cut } = memoryPair({
    tap: (way, frame) => frames.push(`${way} ${Buffer.from(frame).toString("hex")}`),
    schedule(deliver, way) {
      if (way === "b-to-a" && network.holds) network.held.push(deliver);
      else queueMicrotask(deliver);
    },
  });
  const clock = new VirtualClock();
  const [near, far] = await Promise.all([
    connectTransport(a, { receive: t.client(Step), clock, seed: 1, ...ours }),
    connectTransport(b, { send: t.client(Step), clock, seed: 2, ...theirs }),
  ]);
  const steps = new Steps();
  await far.tx.send(steps.make("root"));
  const root = (await near.rx.recv()) as ClientOf<typeof Step>;
  /** How many times what the far end said has to be let through, all at once, until the promise settles. */
  const roundTrips = async (promise: Promise<unknown>): Promise<number> => {
    const state = watch(promise);
    for (let trips = 1; trips < 20; trips += 1) {
      await turns(20);
      for (const deliver of network.held.splice(0)) deliver();
      await turns(20);
      if (state.settled) {
        network.holds = false;
        for (const deliver of network.held.splice(0)) deliver();
        return trips;
      }
    }
    throw new Error("not settled after 20 round trips");
  };
  /** Nothing is left once everything is let go of. */
  const end = async (...clients: Client<StepMethods>[]): Promise<void> => {
    for (const client of [root, ...clients]) clientControl(client).close();
    await until(
      () => steps.served === 0,
      () => `${steps.served} servers have not ended`,
    );
    await until(
      () => near.stats().ports === 2 && far.stats().ports === 2,
      () => "only the base ports remain",
    );
    await Promise.all([near.close(), far.close()]);
    expect(clock.timers).toBe(0);
  };
  return { near, far, root, steps, frames, network, roundTrips, end, cut };
}

/** Four steps from the root, each called on what the one before has yet to return. */
function four(root: ClientOf<typeof Step>, method: "next" | "slow" = "next") {
  const a = root[method]({ name: "a" });
  const b = a[method]({ name: "b" });
  const c = b[method]({ name: "c" });
  const d = c[method]({ name: "d" });
  return { all: [a, b, c, d] as const, last: d };
}

describe("a chain of five calls", () => {
  test("TR-28: is sent whole before anything is answered, and costs one round trip", async () => {
    const { root, frames, network, roundTrips, end } = await chain();
    await turns(20);
    network.holds = true;
    const from = frames.length;
    const { all, last } = four(root);
    const saying = last.say({ text: "hi" });
    await turns(20);
    const sent = frames.slice(from).filter((frame) => frame.startsWith("a-to-b"));
    const text = sent.map((frame) => Buffer.from(frame.slice(7), "hex").toString("latin1")).join("");
    expect([text.match(/Next/g)?.length, text.match(/Say/g)?.length]).toEqual([4, 1]);
    // Of each request a header, its value, and the list of its ports; nothing else is needed to send it.
    expect(sent.filter((frame) => /^a-to-b 0[78]/.test(frame))).toHaveLength(10);
    expect(await roundTrips(saying)).toBe(1);
    expect(await saying).toBe("root/a/b/c/d: hi");
    await end(...(await Promise.all(all)));
  });

  test.each([
    ["the method is not pipelinable", {}, "slow"],
    ["the other side has the Hello of 0.18", { capabilities: [] }, "next"],
  ] as const)("waits for each step where %s, with the same result", async (_, theirs, method) => {
    const { root, network, roundTrips, end } = await chain({}, theirs);
    await turns(20);
    network.holds = true;
    const { all, last } = four(root, method);
    const saying = last.say({ text: "hi" });
    expect(await roundTrips(saying)).toBeGreaterThanOrEqual(5);
    expect(await saying).toBe("root/a/b/c/d: hi");
    await end(...(await Promise.all(all)));
  });

  test("goes on with calls that were made later, and with the client when it is there", async () => {
    const { root, steps } = await chain();
    const gate = deferred<void>();
    steps.gate = () => gate.promise;
    const next = root.next({ name: "a" });
    const early = next.say({ text: "early" });
    await turns(10);
    const later = next.next({ name: "b" }).say({ text: "later" });
    gate.resolve();
    expect(await early).toBe("root/a: early");
    expect(await later).toBe("root/a/b: later");
    const client = await next;
    expect(await client.say({ text: "there" })).toBe("root/a: there");
    await client[Symbol.asyncDispose]();
    clientControl(root).close();
    // The client in the middle of `later` was never asked for, and nobody else has it.
    await until(
      () => steps.served === 1,
      () => `${steps.served} servers are left`,
    );
  });

  test("that is only awaited is an ordinary call", async () => {
    const { root, frames, end } = await chain();
    const from = frames.length;
    const client = await root.next({ name: "a" });
    const lists = frames.slice(from).filter((frame) => /^a-to-b 08/.test(frame));
    // One list of one port, for the answer.
    expect(lists).toHaveLength(1);
    expect(await client.say({ text: "hi" })).toBe("root/a: hi");
    await end(client);
  });
});

describe("clients that are not there yet are arguments", () => {
  test.each(["next", "slow"] as const)("of a call that does not wait for them (%s)", async (method) => {
    const { root, end } = await chain();
    expect(await root.same({ other: root[method]({ name: "other" }) })).toBe("root/other: root");
    await end();
  });

  test("of a call that rejects as they do", async () => {
    const { root, end } = await chain();
    const late = root.next({ name: "bad" });
    late.catch(() => undefined);
    await turns(10);
    expect(await outcome(root.same({ other: late }))).toMatchObject({ error: { value: { No: "root has no bad" } } });
    await end();
  });
});

describe("when a link fails", () => {
  test.each([
    ["next", {}],
    ["slow", {}],
    ["next", { capabilities: [] }],
  ] as const)("everything behind it rejects with its error (%s, %j)", async (method, theirs) => {
    const { root, end } = await chain({}, theirs);
    const good = root[method]({ name: "good" });
    const bad = good[method]({ name: "bad" });
    const beyond = bad[method]({ name: "beyond" });
    const all = [bad, beyond, bad.say({ text: "1" }), beyond.say({ text: "2" }), beyond.next({ name: "3" })];
    for (const one of await Promise.all(all.map((call) => outcome<unknown>(call)))) {
      expect(one).toMatchObject({ error: { value: { No: "root/good has no bad" } } });
    }
    expect(await good.then((client) => client.say({ text: "hi" }))).toBe("root/good: hi");
    await end(await good);
  });

  test("without an error of its own, that is told as well", async () => {
    const { root, end } = await chain();
    const broken = root.next({ name: "broken" });
    const codes = await Promise.all([broken, broken.say({ text: "hi" })].map((call) => codeOf(call)));
    expect(codes).toEqual(["remote_failed", "remote_failed"]);
    await end();
  });

  test("because it was given up, everything behind it is given up, and the implementation hears of it", async () => {
    const { root, steps, end } = await chain();
    const gate = deferred<void>();
    steps.gate = () => gate.promise;
    const giveUp = new AbortController();
    const next = root.next({ name: "a" }, { signal: giveUp.signal });
    const saying = next.say({ text: "hi" });
    await turns(20);
    const reason = new Error("enough");
    giveUp.abort(reason);
    const outcomes = await Promise.all([outcome<unknown>(next), outcome<unknown>(saying)]);
    expect(outcomes).toEqual([{ error: reason }, { error: reason }]);
    gate.resolve();
    await end();
  });

  test("because the connection is lost, everything rejects with that", async () => {
    const { root, network, cut } = await chain();
    network.holds = true;
    const { all, last } = four(root);
    const calls = [...all, last.say({ text: "hi" })].map((call) => codeOf(call as Promise<unknown>));
    await turns(20);
    cut();
    expect(new Set(await Promise.all(calls))).toEqual(new Set(["transport_lost"]));
  });

  test("because a monitor drops the call, everything behind it is told", async () => {
    const { root, end } = await chain();
    clientControl(root).monitor = { admit: () => false };
    const next = root.next({ name: "a" });
    expect(await codeOf(next.say({ text: "hi" }))).toBe("remote_failed");
    expect(await codeOf(next)).toBe("remote_failed");
    await end();
  });
});

describe("a monitor of the client", () => {
  test("is told how calls ended, of a client that came early too", async () => {
    const { root, end } = await chain();
    const ends: string[] = [];
    clientControl(root).monitor = {
      admit:
        ({ method }) =>
        (end) =>
          ends.push(`${method} ${end.how}`),
    };
    const next = root.next({ name: "a" });
    await next.say({ text: "hi" });
    await codeOf(root.next({ name: "bad" }));
    expect(ends).toEqual(["next done", "next error"]);
    await end(await next);
  });

  test("that delays it keeps the calls behind it waiting", async () => {
    const { root, end } = await chain();
    const gate = deferred<void>();
    clientControl(root).monitor = monitor.chain({ admit: () => gate.promise.then(() => true) }, {});
    const next = root.next({ name: "a" });
    const saying = next.say({ text: "hi" });
    await turns(20);
    // Still in time: the call was not sent.
    const more = next.say({ text: "more" });
    gate.resolve();
    expect(await Promise.all([saying, more])).toEqual(["root/a: hi", "root/a: more"]);
    await end(await next);
  });
});

describe("declarations that differ", () => {
  const Name = service("Name", { open: t.method("&self", { name: t.str }, t.str) });
  const Inner = service("Inner", { say: t.method("&self", {}, t.str) });
  const opens = (pipelinable: boolean) =>
    service("Name", { open: t.method("&self", { name: t.str }, t.client(Inner), undefined, { pipelinable }) });

  test("P01: a pipelined call of a method that returns no client is refused, and the server goes on", async () => {
    const Asked = opens(true);
    const types = { toB: t.client(Name), bReceives: t.client(Asked) as never };
    await withPair("memory", postbag, types, async ({ a, b }) => {
      const { client: local, server } = serveObject(Name, { open: ({ name }) => name });
      await a.tx.send(local);
      const client = (await b.rx.recv()) as unknown as ClientOf<typeof Asked>;
      const opening = client.open({ name: "x" });
      const codes = [opening.say(), opening].map((call) => codeOf(call as Promise<unknown>));
      expect(await Promise.all(codes)).toEqual(["peer_incompatible", "peer_incompatible"]);
      // The answer to an ordinary call is none that can be read as a client.
      expect(await codeOf(client.open({ name: "y" }))).toBe("peer_decode");
      clientControl(client).close();
      expect(await server.done).toBe("over");
    });
  });

  test("a method that returns a client takes pipelined calls whatever its declaration says", async () => {
    const [Served, Asked] = [opens(false), opens(true)];
    const types = { toB: t.client(Served), bReceives: t.client(Asked) as never };
    await withPair("memory", postbag, types, async ({ a, b }) => {
      const { client: local, server } = serveObject(Served, {
        open: ({ name }) => serveObject(Inner, { say: () => name }).client,
      });
      await a.tx.send(local);
      const client = (await b.rx.recv()) as unknown as ClientOf<typeof Asked>;
      await using opening = client.open({ name: "x" });
      expect(await opening.say()).toBe("x");
      await opening.then((inner) => clientControl(inner).close());
      clientControl(client).close();
      await server.done;
    });
  });

  test("TR-36: names that remoc keeps for itself are refused where they are declared", () => {
    const numbered = { arg: t.field("_59", t.u32) };
    for (const methods of [
      { one: t.method("&self", numbered, t.u32) },
      { one: t.method("&self", {}, t.u32, undefined, { variant: "_59" }) },
      { one: t.method("&self", { __reply_tx: t.u32 }, t.u32) },
    ]) {
      expect(() => service("Kept", methods as never)).toThrow(/local_misuse/);
    }
  });
});

describe("what a client asks of the server", () => {
  const Work = service("Work", {
    run: t.method("&self", { id: t.u32 }, t.u32),
    fail: t.method("&self", {}, t.unit, Failure),
  });
  const implementation: Impl<typeof Work> = {
    run: ({ id }) => id,
    fail() {
      throw Failure.error({ No: "never" });
    },
  };

  test("TR-34: after an error of a client that stops at one, others are served and those like it are not", async () => {
    await withService(Work, implementation, async ({ client }) => {
      const strict = clientControl(client).clone();
      clientControl(strict).stopOnError = true;
      expect(await strict.run({ id: 1 })).toBe(1);
      expect(await codeOf(client.fail())).toMatch(/Failure/);
      expect(await strict.run({ id: 2 })).toBe(2);
      expect(await codeOf(strict.fail())).toMatch(/Failure/);
      expect(await codeOf(strict.run({ id: 3 }))).toBe("remote_failed");
      expect(await client.run({ id: 4 })).toBe(4);
      clientControl(strict).close();
    });
  });

  test("TR-33 TR-34: towards a peer that cannot be told the call is refused here, and the client goes on", async () => {
    const both = { capabilities: [] };
    await withService(
      Work,
      implementation,
      async ({ client }) => {
        const control = clientControl(client);
        control.sequential = true;
        expect(await codeOf(client.run({ id: 1 }))).toBe("peer_incompatible");
        control.sequential = false;
        control.stopOnError = true;
        expect(await codeOf(client.run({ id: 2 }))).toBe("peer_incompatible");
        control.stopOnError = false;
        expect(await client.run({ id: 3 })).toBe(3);
      },
      { pair: { both } },
    );
  });

  test("TR-33 TR-34 TR-38: travels with the client", async () => {
    await withService(Work, implementation, async ({ client, pair }) => {
      const { client: local, server } = serveObject(Work, implementation);
      Object.assign(clientControl(local), { sequential: true, stopOnError: true, tracing: "Off" });
      const other = clientControl(await pass(pair.b, pair.a, local));
      expect([other.sequential, other.stopOnError, other.tracing]).toEqual([true, true, "Off"]);
      expect(clientControl(client).sequential).toBe(false);
      other.close();
      await server.done;
    });
  });

  test("TR-38: the caller's span reaches the implementation, over a hop", async () => {
    const trace = { trace_id: 2n ** 127n + 1n, span_id: 2n ** 63n + 2n, flags: 1 };
    const seen: unknown[] = [];
    const noting: Impl<typeof Work> = {
      ...implementation,
      run({ id }, context) {
        seen.push(context.trace);
        return id;
      },
    };
    await withService(Work, noting, async ({ client }) => {
      await client.run({ id: 1 }, { trace });
      await client.run({ id: 2 });
    });
    expect(seen).toEqual([trace, undefined]);
  });
});
