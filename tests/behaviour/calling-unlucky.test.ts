/** Replies, calls and ends that come when nobody expects them. */

import { describe, expect, test } from "vitest";
import {
  type ClientOf,
  CuttleError,
  clientControl,
  type Infer,
  mpsc,
  RemoteObject,
  serveObject,
  service,
  t,
} from "../../ts/index.ts";
import { deferred } from "../../ts/util/deferred.ts";
import { withService } from "./support/calling.ts";
import { objects } from "./support/objects.ts";
import { CODECS, pass, withPair } from "./support/pair.ts";
import { codeOf, errorOf, outcome, until } from "./support/wait.ts";

const [postbag] = CODECS as [(typeof CODECS)[number]];
const Plain = service("Plain", { ping: t.method("&self", {}, t.u32) });

/** What a server sees that answers as it likes: the way for replies is any channel. */
const Replies = t.mpsc.sender(t.result(t.u32, t.callError));
const Raw = t.enum({ Ref: t.newtype(t.enum({ Ping: t.struct({ __reply_tx: Replies }) })) });
const RawClient = t.struct({ req_tx: t.mpsc.sender(Raw) });

/** A caller whose server is the test. */
async function withRawServer(
  body: (client: ClientOf<typeof Plain>, next: () => Promise<Infer<typeof Replies>>) => Promise<void>,
): Promise<void> {
  // The forms of remoc's own types that every release reads.
  const both = { capabilities: [] };
  await withPair("memory", postbag, { both, toB: RawClient, bReceives: t.client(Plain) as never }, async (pair) => {
    const [req_tx, req_rx] = mpsc.channel(Raw);
    await pair.a.tx.send({ req_tx });
    const client = (await pair.b.rx.recv()) as unknown as ClientOf<typeof Plain>;
    await body(client, async () => {
      const request = await req_rx.recv();
      if (request === undefined) throw new Error("no request came");
      return request.Ref.Ping.__reply_tx;
    });
    clientControl(client).close();
    expect(await req_rx.recv()).toBeUndefined();
  });
}

describe("replies", () => {
  test("that nobody asked for go nowhere: the first one counts", async () => {
    await withRawServer(async (client, next) => {
      const calling = client.ping();
      const reply = await next();
      const sent = [1, 2, 3].map((Ok) => reply.send({ Ok }).catch(() => undefined));
      expect(await calling).toBe(1);
      await Promise.all(sent);
      await reply.closed();
      expect(await codeOf(reply.send({ Ok: 4 }))).toBe("remote_closed");
      reply.close();
      const again = client.ping();
      const other = await next();
      await other.send({ Ok: 5 });
      other.close();
      expect(await again).toBe(5);
    });
  });

  test("after the caller gave up go nowhere, and the next call is answered", async () => {
    await withRawServer(async (client, next) => {
      const giveUp = new AbortController();
      const calling = client.ping({}, { signal: giveUp.signal });
      const reply = await next();
      giveUp.abort("enough");
      expect(await errorOf(calling)).toBe("enough");
      await reply.closed();
      expect(await codeOf(reply.send({ Ok: 1 }))).toBe("remote_closed");
      reply.close();
      const again = client.ping();
      const other = await next();
      await other.send({ Ok: 2 });
      other.close();
      expect(await again).toBe(2);
    });
  });

  test("in another order than the calls reach the right ones", async () => {
    await withRawServer(async (client, next) => {
      const calls = [client.ping(), client.ping(), client.ping()];
      const replies = [await next(), await next(), await next()];
      for (const at of [2, 0, 1]) {
        await replies[at]?.send({ Ok: at });
        replies[at]?.close();
      }
      expect(await Promise.all(calls)).toEqual([0, 1, 2]);
    });
  });
});

describe("calls while a call runs", () => {
  const Back = service("Back", { again: t.method("&self", { depth: t.u32 }, t.u32) });
  const There = service("There", {
    down: t.method("&self", { depth: t.u32, back: t.client(Back) }, t.u32),
    alone: t.method("&mut self", { depth: t.u32 }, t.u32),
  });

  test("go back and forth to any depth, as long as none has to be alone", async () => {
    const back = async (client: () => ClientOf<typeof There>, depth: number): Promise<number> => {
      const { client: mine } = serveObject(Back, { again: ({ depth }) => back(client, depth) });
      return depth === 0 ? 0 : 1 + (await client().down({ depth: depth - 1, back: mine }));
    };
    const down = async ({ depth, back }: { depth: number; back: ClientOf<typeof Back> }): Promise<number> => {
      const result = await back.again({ depth });
      clientControl(back).close();
      return 1 + result;
    };
    await withService(There, { down, alone: () => 0 }, async ({ client }) => {
      expect(await back(() => client, 20)).toBe(40);
    });
  });

  test("wait for a call that is alone: one that waits for itself ends when it is given up, and the server goes on", async () => {
    const giveUp = new AbortController();
    const Alone = service("Alone", { alone: t.method("&mut self", { depth: t.u32 }, t.u32) }, { clone: true });
    const own: { client?: ClientOf<typeof Alone> } = {};
    const alone = async ({ depth }: { depth: number }): Promise<number> =>
      depth === 0 ? 0 : 1 + ((await own.client?.alone({ depth: depth - 1 }, { signal: giveUp.signal })) ?? 0);
    await withService(Alone, { alone }, async ({ client, failures }) => {
      own.client = clientControl(client).clone();
      const calling = codeOf(client.alone({ depth: 1 }));
      const waiting = client.alone({ depth: 0 });
      giveUp.abort(new Error("waits for itself"));
      expect(await calling).toBe("remote_failed");
      expect(await waiting).toBe(0);
      expect(failures).toEqual([new Error("waits for itself")]);
      clientControl(own.client).close();
    });
  });

  test("of plain objects go back and forth as well", async () => {
    type Step = (depth: number, back: Step) => Promise<number>;
    const step: Step = async (depth, back) => (depth === 0 ? 0 : 1 + (await back(depth - 1, step)));
    const { remote, end } = await objects("memory", { step });
    expect(await (remote.step as unknown as Step)(20, step)).toBe(20);
    await end();
  });
});

describe("an implementation that never settles", () => {
  test("holds up nobody else, and hears when its caller or its server is gone", async () => {
    const Slow = service("Slow", { hang: t.method("&self", {}, t.u32), ping: t.method("&self", {}, t.u32) });
    const signals: AbortSignal[] = [];
    const hang = (_: object, { signal }: { signal: AbortSignal }): Promise<number> => {
      signals.push(signal);
      return new Promise(() => {});
    };
    const aborted = (count: number): Promise<void> =>
      until(
        () => signals.filter((signal) => signal.aborted).length === count,
        () => `${count} have heard of it`,
      );
    await withPair("memory", postbag, { toA: t.client(Slow) }, async (pair) => {
      const { server, client: local } = serveObject(Slow, { hang, ping: () => 1 });
      const client = await pass(pair.b, pair.a, local);
      const giveUp = new AbortController();
      const hanging = Array.from({ length: 20 }, () => errorOf(client.hang({}, { signal: giveUp.signal })));
      await until(
        () => signals.length === 20,
        () => "all hang",
      );
      expect(await client.ping()).toBe(1);
      giveUp.abort("enough");
      expect(new Set(await Promise.all(hanging))).toEqual(new Set(["enough"]));
      await aborted(20);
      const last = codeOf(client.hang());
      await until(
        () => signals.length === 21,
        () => "one more hangs",
      );
      // Its `done` waits for all calls and so resolves never; who calls is told all the same.
      server.drop();
      expect(await last).toBe("remote_failed");
      await aborted(21);
      clientControl(client).close();
    });
  });
});

describe("calls after the end", () => {
  test("of the client, the server, or the connection are refused at once", async () => {
    await withService(Plain, { ping: () => 1 }, async ({ client }) => {
      clientControl(client).close();
      clientControl(client).close();
      expect(await codeOf(client.ping())).toBe("local_half_used");
    });
    await withService(Plain, { ping: () => 1 }, async ({ client, server }) => {
      server.drop();
      await clientControl(client).closed();
      expect(await codeOf(client.ping())).toBe("remote_closed");
    });
    const left: { client?: ClientOf<typeof Plain>; fn?: () => Promise<number> } = {};
    const both = t.struct({ client: t.client(Plain), fn: t.rfn([], t.u32) });
    await withPair("memory", postbag, { toB: both, leavesOpen: true }, async (pair) => {
      const { client } = serveObject(Plain, { ping: () => 1 });
      Object.assign(left, await pass(pair.a, pair.b, { client, fn: async () => 2 }));
      expect([await left.client?.ping(), await left.fn?.()]).toEqual([1, 2]);
    });
    expect(await codeOf(left.client?.ping() ?? Promise.resolve())).toMatch(/closed$/);
    expect(await codeOf(left.fn?.() ?? Promise.resolve())).toMatch(/closed$/);
  });

  test("of an object that was let go of are refused, and reach no other one", async () => {
    class Part extends RemoteObject {
      one(): number {
        return 1;
      }
    }
    const { remote, end } = await objects("memory", { part: () => new Part() });
    const part = await remote.part();
    part[Symbol.dispose]();
    const other = await remote.part();
    expect(await codeOf(part.one())).toBe("remote_rejected");
    expect(await other.one()).toBe(1);
    other[Symbol.dispose]();
    await end();
  });
});

test("a hundred thousand calls at once are all answered, in order, and nothing of them is left", {
  timeout: 240_000,
}, async () => {
  const COUNT = 100_000;
  let calls = 0;
  await withService(Plain, { ping: () => calls++ }, async ({ client }) => {
    const results = await Promise.all(Array.from({ length: COUNT }, () => client.ping()));
    expect(results.every((result, at) => result === at)).toBe(true);
    expect(calls).toBe(COUNT);
  });
});

test("R20: a hundred thousand calls that nobody answers hold up no other client, and all fail with the connection", {
  timeout: 120_000,
}, async () => {
  const COUNT = 100_000;
  const Waits = service("Waits", { wait: t.method("&self", {}, t.unit) });
  const both = t.struct({ waits: t.client(Waits), plain: t.client(Plain) });
  const ends: string[] = [];
  await withPair("memory", postbag, { toB: both, leavesOpen: true }, async (pair) => {
    const { client: waits } = serveObject(Waits, { wait: () => new Promise<never>(() => {}) });
    const { client: plain } = serveObject(Plain, { ping: () => 1 });
    const there = await pass(pair.a, pair.b, { waits, plain });
    for (let made = 0; made < COUNT; made += 1) {
      there.waits.wait().then(
        () => ends.push("answered"),
        (error: unknown) => ends.push(CuttleError.is(error) ? error.code : String(error)),
      );
    }
    expect(await there.plain.ping()).toBe(1);
    // Those of the two connections, none of the calls.
    expect(pair.clock.timers).toBeLessThanOrEqual(4);
    // Those that the window of the server's channel lets in.
    expect(pair.b.stats().ports).toBeLessThan(4_096);
    expect(ends).toEqual([]);
  });
  await until(
    () => ends.length === COUNT,
    () => "all calls have ended",
  );
  expect([...new Set(ends)]).toEqual([expect.stringMatching(/closed$/)]);
});

test("calls for whose answers no port is left fail with local_limit, and the others are answered", async () => {
  const gate = deferred<null>();
  const Waits = service("Waits", { wait: t.method("&self", {}, t.unit) });
  const b = { limits: { ports: 32 } };
  await withPair("memory", postbag, { toB: t.client(Waits), b }, async (pair) => {
    const { client, server } = serveObject(Waits, { wait: () => gate.promise });
    const there = await pass(pair.a, pair.b, client);
    const calls = Array.from({ length: 100 }, () => outcome(there.wait()));
    await pair.quiet();
    gate.resolve(null);
    const outcomes = await Promise.all(calls);
    const refused = outcomes.filter((one) => "error" in one && CuttleError.is(one.error, "local_limit"));
    const answered = outcomes.filter((one) => "value" in one);
    expect(answered.length).toBeGreaterThanOrEqual(20);
    expect(refused.length).toBeGreaterThanOrEqual(50);
    expect(refused.length + answered.length).toBe(calls.length);
    expect(await there.wait()).toBeNull();
    clientControl(there).close();
    expect(await server.done).toBe("over");
  });
});
