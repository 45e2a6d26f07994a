import { expect, test } from "vitest";
import { provide, RemoteObject } from "../../ts/index.ts";
import type { Mux } from "../../ts/mux/mux.ts";
import type { Port } from "../../ts/mux/port.ts";
import { Kind } from "../../ts/remote/protocol.ts";
import { memoryPair } from "../../ts/transport/memory.ts";
import { call, framed, greeting, hostile, record, textOf, textUntil } from "./support/hostile-objects.ts";
import { objects } from "./support/objects.ts";
import { codeOf, outcome, until } from "./support/wait.ts";

/** Announces a large record; the port on which it is to come. */
async function announce(peer: { mux: Mux; outgoing: Port }, kind: number, id: number): Promise<Port> {
  const port = peer.mux.reserve();
  const message = framed([record(Kind.large, port.number, kind, id, [])]);
  message[4] = 1;
  await peer.outgoing.send(message, [port]);
  return port;
}

test("a large call that is announced and does not come is refused, whatever comes in its place", async () => {
  const { peer, provider, say } = await hostile({ ok: () => "fine" });
  await say(greeting);
  await peer.incoming.receive();
  for (const [id, instead] of [
    [1, call(2, 0, ["ok"])],
    [3, new Uint8Array(0)],
  ] as const) {
    const port = await announce(peer, Kind.call, id);
    await port.send(instead);
    port.finish();
    await until(
      () => provider.stats().objects.answers >= id,
      () => "the call is answered",
    );
  }
  let answered = "";
  while (answered.split("remote_failed").length + answered.split("peer_").length < 4)
    answered += await textOf(peer.incoming);
  expect(answered).toContain("fine");
  await say(record(Kind.finish, 1, 2, 3));
  await until(
    () => provider.stats().objects.answers === 0,
    () => "nothing is kept of them",
  );
  await provider.close();
});

test("more large calls than allowed are refused when they are announced", async () => {
  const { peer, provider, say } = await hostile({}, { calls: 3 });
  await say(greeting);
  await peer.incoming.receive();
  for (let id = 0; id < 5; id++) await announce(peer, Kind.call, id);
  await textUntil(peer.incoming, /3 calls are running already/g, 2);
  expect(provider.stats().objects.answers).toBe(3);
  await provider.close();
});

test("a large value without a free port fails its call alone, in either direction", async () => {
  const { remote, end } = await objects(
    "memory",
    { length: (bytes: Uint8Array) => bytes.length, zeros: (n: number) => new Uint8Array(n) },
    // The lane has two.
    { limits: { ports: 2 } },
  );
  expect(await codeOf(remote.length(new Uint8Array(100_000)))).toBe("local_limit");
  expect(await codeOf(remote.zeros(100_000))).toBe("remote_failed");
  expect(await remote.length(new Uint8Array(100))).toBe(100);
  await end();
});

test("a reason that is larger than the limit is told in words", async () => {
  const { remote, end } = await objects(
    "memory",
    {
      fail() {
        throw new RangeError("x".repeat(2_000));
      },
      ok: () => 1,
    },
    { limits: { itemBytes: 300 } },
  );
  const { error } = (await outcome(Promise.resolve(remote.fail()))) as { error: Error };
  expect(error.message).toMatch(/^RangeError: x{100}/);
  expect(await remote.ok()).toBe(1);
  await end();
});

test("many small calls of one task pass a small limit for values", async () => {
  const { remote, end } = await objects("memory", { echo: (text: string) => text }, { limits: { itemBytes: 1_000 } });
  const texts = Array.from({ length: 2_000 }, (_, at) => `${at}`.padStart(100, "-"));
  expect(await Promise.all(texts.map((text) => remote.echo(text)))).toEqual(texts);
  await end();
});

test("more pending promises of the other side than allowed fail the call that brings them", async () => {
  const kept: unknown[] = [];
  const { remote, end } = await objects(
    "memory",
    {
      keep: (value: Promise<number>) => {
        kept.push(value);
      },
    },
    { limits: { calls: 4 } },
  );
  let settle: (value: number) => void = () => {};
  const pending = new Promise<number>((resolve) => {
    settle = resolve;
  });
  for (let at = 0; at < 4; at++) await remote.keep(pending);
  expect(await codeOf(Promise.resolve(remote.keep(pending)))).toBe("remote_failed");
  settle(1);
  expect(await Promise.all(kept)).toEqual([1, 1, 1, 1]);
  expect(await remote.keep(pending)).toBeUndefined();
  await end();
});

test.each(["then", "catch", "finally"])(
  "the member %s of a stub in an object is none for the other side",
  async (name) => {
    const far = await objects("memory", { get: () => new (class extends RemoteObject {})() });
    const { peer, provider, say } = await hostile({ far: await far.remote.get() });
    await say(greeting, record(Kind.get, 0, 0, ["far", name]), call(1, 0, ["far", name]));
    expect((await textUntil(peer.incoming, /may be used/g, 2)).match(/may be used/g)).toHaveLength(2);
    await provider.close();
    await far.end().catch(() => undefined);
  },
);

test("what is no object cannot be provided", async () => {
  for (const value of [undefined, null, 5, "text"]) {
    const { a } = memoryPair();
    expect(await codeOf(provide(value as never, { to: a } as never))).toBe("local_misuse");
  }
});
