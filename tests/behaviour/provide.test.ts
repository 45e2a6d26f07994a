import { expect, test } from "vitest";
import { consume, consumeOver, type provideOver } from "../../ts/connect/provide.ts";
import {
  type Connection,
  CuttleError,
  type Descriptor,
  type LinkOptions,
  mpsc,
  oneshot,
  provide,
  t,
} from "../../ts/index.ts";
import { carriers, type Kind } from "./support/carriers.ts";
import { VirtualClock } from "./support/clock.ts";
import { CODECS } from "./support/pair.ts";
import { codeOf, outcome, until } from "./support/wait.ts";

type Provided<T> = Awaited<ReturnType<typeof provideOver<T>>>;

/** One side provides, the other consumes, over real transports; afterwards no timer may be left. */
async function provided<T>(
  kind: Kind,
  options: LinkOptions,
  type: Descriptor<T>,
  value: T,
): Promise<{ conn: Provided<T>; got: T; ended(): Promise<void> }> {
  const clock = new VirtualClock();
  const below = await carriers(kind);
  const [conn, got] = await Promise.all([
    provide(type, value, { ...options, clock, to: below.a }),
    consume(type, below.b, { ...options, clock }),
  ]);
  const ended = async (): Promise<void> => {
    expect(await outcome(conn.closed)).toMatchObject({ value: { by: expect.any(String) } });
    await until(
      () => clock.timers === 0,
      () => `no timers are left, not ${clock.timers}`,
    );
    expect(conn.stats()).toMatchObject({ ports: 0, bufferedBytes: 0 });
    await below.dispose();
  };
  return { conn, got, ended };
}

for (const kind of ["memory", "message-port"] as const) {
  for (const codec of CODECS) {
    const over = `over ${kind} with ${codec.name}`;

    test(`a provided value arrives, and the connection ends by itself when there are no halves in it, ${over}`, async () => {
      const { got, ended } = await provided(kind, { codec }, t.struct({ n: t.u32, text: t.str }), {
        n: 7,
        text: "hello",
      });
      expect(got).toEqual({ n: 7, text: "hello" });
      await ended();
    });

    test(`the connection lives as long as any half in the value, and then ends by itself, ${over}`, async () => {
      const type = t.struct({ requests: t.mpsc.sender(t.oneshot.sender(t.u32)), news: t.mpsc.receiver(t.str) });
      const [requests, asked] = mpsc.channel(t.oneshot.sender(t.u32));
      const [newsSender, news] = mpsc.channel(t.str);
      const { conn, got, ended } = await provided(kind, { codec }, type, { requests, news });
      const [answer, answered] = oneshot.channel(t.u32);
      await got.requests.send(answer);
      await (await asked.recv())?.send(42);
      expect(await answered.recv()).toBe(42);
      got.requests.close();
      expect(await asked.recv()).toBeUndefined();
      expect(conn.state).toBe("open");
      await newsSender.send("last");
      newsSender.close();
      expect(await got.news.recv()).toBe("last");
      expect(await got.news.recv()).toBeUndefined();
      await ended();
    });

    test(`dropping everything that was consumed ends the connection, ${over}`, async () => {
      const [sender, receiver] = mpsc.channel(t.u32);
      const { got, ended } = await provided(kind, { codec }, t.mpsc.receiver(t.u32), receiver);
      got.drop();
      expect(await sender.closed()).toBe("dropped");
      await ended();
    });
  }
}

test("consume() rejects with remote_closed when the other side provides nothing, and closes", async () => {
  const below = await carriers("memory");
  const { connectTransport } = await import("../../ts/connect/connect.ts");
  const [conn, consumed] = await Promise.all([
    connectTransport(below.b, {}).then((other: Connection) => {
      other.tx.close();
      return other;
    }),
    outcome(consumeOver(below.a, t.u32, {})),
  ]);
  expect(consumed).toMatchObject({ error: { code: "remote_closed" } });
  await conn.closed;
});

test("consume() rejects with peer_decode when the other side provides something else, and closes", async () => {
  const below = await carriers("memory");
  const [conn, error] = await Promise.all([
    provide(t.str, "text", { to: below.a, codec: CODECS[1] as never }),
    codeOf(consume(t.u32, below.b, { codec: CODECS[1] as never })),
  ]);
  expect(error).toBe("peer_decode");
  await conn.closed;
});

test("provide() rejects when the value does not fit its descriptor, and closes", async () => {
  const below = await carriers("memory");
  const [error, consumed] = await Promise.all([
    codeOf(provide(t.u8, 300, { to: below.a })),
    codeOf(consume(t.u8, below.b, {})),
  ]);
  expect([error, consumed]).toEqual(["local_encode", "remote_closed"]);
});

test("provide() outside of a worker needs a target", async () => {
  expect(await codeOf(provide(t.u8, 3))).toBe("local_misuse");
});

test("an aborted consume() rejects with the reason and closes the transport", async () => {
  const below = await carriers("memory");
  const abort = new AbortController();
  const consuming = outcome(consume(t.u8, below.a, { signal: abort.signal }));
  const reason = new Error("enough");
  abort.abort(reason);
  expect(await consuming).toEqual({ error: reason });
  expect(await codeOf(consume(t.u8, below.b, {}))).toMatch(/^(peer_not_remoc|transport_lost|transport_connect)$/);
});

test("a limit that cannot work is refused, and the transport is closed", async () => {
  const impossible = [
    { chunkBytes: 3 },
    { portWindowBytes: 0 },
    { ports: 0 },
    { ports: 65_537 },
    { portWindowBytes: 2 ** 32 + 64 },
    { chunkBytes: -1 },
    { portWindowBytes: Number.NaN },
    { portWindowBytes: Number.POSITIVE_INFINITY },
  ];
  for (const limits of impossible) {
    const below = await carriers("memory");
    const error = await outcome(consume(t.u8, below.a, { limits }));
    expect(error).toMatchObject({ error: { code: "local_misuse" } });
    expect(CuttleError.is((error as { error: unknown }).error)).toBe(true);
    expect(await codeOf(consume(t.u8, below.b, {}))).toMatch(/^(peer_not_remoc|transport_lost|transport_connect)$/);
  }
});
