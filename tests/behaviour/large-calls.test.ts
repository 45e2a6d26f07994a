/** A call with a large argument or result beside other calls of the same client. */

import { describe, expect, test } from "vitest";
import { connectTransport } from "../../ts/connect/connect.ts";
import {
  type ClientOf,
  clientControl,
  forwardRequests,
  type Impl,
  type LinkOptions,
  oneshot,
  postbagSlim,
  requestsOf,
  serveObject,
  serveRequests,
  service,
  t,
} from "../../ts/index.ts";
import type { WireRequest } from "../../ts/rtc/service.ts";
import { memoryPair } from "../../ts/transport/memory.ts";
import { CODECS, pass, withPair } from "./support/pair.ts";
import { codeOf, outcome, turns, until, watch } from "./support/wait.ts";

const Store = service(
  "Store",
  {
    measure: t.method("&self", { data: t.bytes }, t.u32),
    name: t.method("&self", {}, t.str),
    put: t.method("&mut self", { data: t.bytes }, t.u32),
    make: t.method("&self", { length: t.u32 }, t.bytes),
  },
  { clone: true },
);

class StoreImpl implements Impl<typeof Store> {
  readonly log: string[] = [];

  measure({ data }: { data: Uint8Array }): number {
    this.log.push("measure");
    return data.length;
  }

  name(): string {
    this.log.push("name");
    return "store";
  }

  put({ data }: { data: Uint8Array }): number {
    this.log.push("put");
    return data.length;
  }

  make({ length }: { length: number }): Uint8Array {
    this.log.push("make");
    return new Uint8Array(length);
  }
}

const LARGE = 1024 * 1024;

/** A client whose server is at the other end; every frame is delivered when the test says so. */
async function store(both: LinkOptions = {}) {
  const waiting: { deliver: () => void; bytes: number; way: string }[] = [];
  const network = { holds: false };
  const { a, b } = memoryPair({
    schedule(deliver, way, bytes) {
      if (network.holds) waiting.push({ deliver, bytes, way });
      else queueMicrotask(deliver);
    },
  });
  const implementation = new StoreImpl();
  const { client: local, server } = serveObject(Store, implementation);
  const type = t.client(Store);
  const [near, far] = await Promise.all([
    connectTransport(a, { receive: type, seed: 1, ...both }),
    connectTransport(b, { send: type, seed: 2, ...both }),
  ]);
  await far.tx.send(local);
  const client = (await near.rx.recv()) as ClientOf<typeof Store>;
  await turns(10);
  network.holds = true;
  /** Delivers frames until the promise has settled; how many bytes that took in each direction. */
  const bytesUntil = async (promise: Promise<unknown>): Promise<Record<string, number>> => {
    const state = watch(promise);
    const bytes: Record<string, number> = { "a-to-b": 0, "b-to-a": 0 };
    for (let idle = 0; !state.settled && idle < 50; ) {
      await turns(1);
      const batch = waiting.splice(0);
      idle = batch.length === 0 ? idle + 1 : 0;
      for (const frame of batch) {
        frame.deliver();
        bytes[frame.way] = (bytes[frame.way] ?? 0) + frame.bytes;
      }
    }
    expect(state.settled).toBe(true);
    return bytes;
  };
  const end = async (): Promise<void> => {
    network.holds = false;
    for (const { deliver } of waiting.splice(0)) deliver();
    clientControl(client).close();
    expect(await server.done).toBe("over");
    await until(
      () => near.stats().ports === 2 && far.stats().ports === 2,
      () => "only the base ports remain",
    );
    await Promise.all([near.close(), far.close()]);
  };
  return { client, server, implementation, bytesUntil, end };
}

describe("a large argument", () => {
  test("delays no other call of the same client", async () => {
    const { client, implementation, bytesUntil, end } = await store();
    const large = client.measure({ data: new Uint8Array(LARGE) });
    const small = client.name();
    const before = await bytesUntil(small);
    // What the window of a channel holds, and no more, goes before it and while it is answered.
    expect(before["a-to-b"]).toBeLessThan(LARGE / 4);
    expect(implementation.log).toEqual(["name"]);
    await bytesUntil(large);
    expect(await large).toBe(LARGE);
    await end();
  });

  test("is in its place before a call that changes the object, and after one", async () => {
    const { client, implementation, bytesUntil, end } = await store();
    const calls = [
      client.put({ data: new Uint8Array(LARGE) }),
      client.measure({ data: new Uint8Array(LARGE) }),
      client.put({ data: new Uint8Array(1) }),
      client.name(),
    ];
    await bytesUntil(Promise.all(calls));
    expect(implementation.log).toEqual(["put", "measure", "put", "name"]);
    await end();
  });

  test("of a sequential client stays in its place", async () => {
    const { client, implementation, bytesUntil, end } = await store();
    clientControl(client).sequential = true;
    const calls = [client.measure({ data: new Uint8Array(LARGE) }), client.name()];
    await bytesUntil(Promise.all(calls));
    expect(implementation.log).toEqual(["measure", "name"]);
    await end();
  });

  test("goes before the others where a codec has no place to tell that it may come apart", async () => {
    const { client, implementation, bytesUntil, end } = await store({ codec: postbagSlim });
    const calls = [client.measure({ data: new Uint8Array(LARGE) }), client.name()];
    await bytesUntil(Promise.all(calls));
    expect(implementation.log).toEqual(["measure", "name"]);
    await end();
  });

  test("that is given up half-way is forgotten, and the client goes on", async () => {
    const { client, implementation, bytesUntil, end } = await store();
    const giveUp = new AbortController();
    const large = outcome(client.measure({ data: new Uint8Array(LARGE) }, { signal: giveUp.signal }));
    await bytesUntil(client.name());
    const reason = new Error("enough");
    giveUp.abort(reason);
    expect(await large).toEqual({ error: reason });
    await bytesUntil(client.name());
    expect(implementation.log).toEqual(["name", "name"]);
    await end();
  });

  test("keeps a call that changes the object waiting, which can be given up meanwhile", async () => {
    const { client, implementation, bytesUntil, end } = await store();
    const large = client.measure({ data: new Uint8Array(LARGE) });
    const giveUp = new AbortController();
    const put = outcome(client.put({ data: new Uint8Array(1) }, { signal: giveUp.signal }));
    const name = client.name();
    await turns(20);
    giveUp.abort(new Error("enough"));
    expect(await put).toMatchObject({ error: { message: "enough" } });
    await bytesUntil(Promise.all([large, name]));
    expect(implementation.log).toEqual(["measure", "name"]);
    await end();
  });

  test("that leads to itself is refused here", async () => {
    const { client, end } = await store();
    const circle: unknown[] = [];
    circle.push(circle);
    expect(await codeOf(client.measure({ data: circle as never }))).toBe("local_encode");
    await end();
  });

  test("larger than the server accepts is an error of that call", async () => {
    const { client, bytesUntil, end } = await store({ limits: { itemBytes: 100_000 } });
    const large = outcome(client.measure({ data: new Uint8Array(LARGE) }));
    await bytesUntil(large);
    expect(await large).toMatchObject({
      error: { code: expect.stringMatching(/^(local_item_too_large|remote_|peer_)/) },
    });
    await bytesUntil(client.name());
    await end();
  });
});

test("a large result delays no other call of the same client", async () => {
  const { client, bytesUntil, end } = await store();
  const large = client.make({ length: LARGE });
  const small = client.name();
  expect((await bytesUntil(small))["b-to-a"]).toBeLessThan(LARGE / 4);
  await bytesUntil(large);
  expect((await large).length).toBe(LARGE);
  await end();
});

describe("requests that come apart", () => {
  const [postbag] = CODECS as [(typeof CODECS)[number]];
  const data = new Uint8Array(100_000);

  test("are passed on to another client, over a hop and by forwarding", async () => {
    const type = t.client(Store);
    await withPair("memory", postbag, { toB: type }, async (one) => {
      await withPair("memory", postbag, { toB: type }, async (two) => {
        const { client: local, server } = serveObject(Store, new StoreImpl());
        const middle = await pass(one.a, one.b, local);
        const { requests, client: front } = requestsOf(Store);
        const forwarding = forwardRequests(requests, middle);
        const far = await pass(two.a, two.b, front);
        expect(await Promise.all([far.measure({ data }), far.name()])).toEqual([data.length, "store"]);
        clientControl(far).close();
        expect(await forwarding).toBe("over");
        clientControl(middle).close();
        await server.done;
      });
    });
  });

  test("are joined again for whoever gets the requests", async () => {
    await withPair("memory", postbag, { toB: t.client(Store) }, async (one) => {
      await withPair("memory", postbag, { toB: t.requests(Store) }, async (two) => {
        const { requests, client: local } = requestsOf(Store);
        const client = await pass(one.a, one.b, local);
        const large = client.measure({ data });
        const server = serveRequests(await pass(two.a, two.b, requests), new StoreImpl());
        expect(await Promise.all([large, client.measure({ data }), client.name()])).toEqual([1e5, 1e5, "store"]);
        clientControl(client).close();
        await server.done;
      });
    });
  });

  test("are not answered by a server that was dropped, which their callers are told", async () => {
    await withPair("memory", postbag, { toB: t.client(Store) }, async ({ a, b }) => {
      const { client: local, server } = serveObject(Store, new StoreImpl());
      const client = await pass(a, b, local);
      const calls = [client.measure({ data }), client.measure({ data })].map((call) => codeOf(call));
      server.drop();
      for (const code of await Promise.all(calls)) expect(["remote_closed", "remote_failed"]).toContain(code);
      await server.done;
      clientControl(client).close();
    });
  });

  test("and never do, or hold others of their kind, keep nobody waiting", async () => {
    await withPair("memory", postbag, { toB: t.client(Store) }, async ({ a, b }) => {
      const { client: local, server } = serveObject(Store, new StoreImpl());
      const client = await pass(a, b, local);
      const { sender } = clientControl(client);
      const [never, lost] = oneshot.channel(Store.wire.request);
      const [outer, nesting] = oneshot.channel(Store.wire.request);
      const [inner, nested] = oneshot.channel<WireRequest>(Store.wire.request);
      for (const Apart of [lost, nesting]) await sender.send({ Apart });
      await outer.send({ Apart: nested });
      await inner.closed();
      expect(await client.name()).toBe("store");
      never.close();
      clientControl(client).close();
      expect(await server.done).toBe("over");
    });
  });
});
