/** Servers as people run them: frameworks, limits, authentication, and the end. */

import { once } from "node:events";
import { type Server as HttpServer, request as httpRequest, type IncomingMessage } from "node:http";
import { type AddressInfo, connect as connectSocket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import * as expressServer from "../../docs/examples/express-server.ts";
import * as fastifyServer from "../../docs/examples/fastify-server.ts";
import * as honoServer from "../../docs/examples/hono-server.ts";
import * as httpServer from "../../docs/examples/http-server.ts";
import { api } from "../../docs/examples/live-api.ts";
import { connect, connectionOf, consume, provide, service, t } from "../../ts/index.ts";
import { type Server, serve } from "../../ts/node/index.ts";
import { deferred } from "../../ts/util/deferred.ts";
import { VirtualClock } from "./support/clock.ts";
import { codeOf, outcome, until, watch } from "./support/wait.ts";

const frameworks = { "plain HTTP": httpServer, Express: expressServer, Fastify: fastifyServer, Hono: honoServer };

const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0)) await end();
});

function portOf(server: HttpServer): number {
  return (server.address() as AddressInfo).port;
}

/** A WebSocket whose request has these headers. */
function socket(port: number, path: string, headers: Record<string, string> = {}): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
}

/** Status and body of the answer to an upgrade that is refused. */
async function refusal(port: number, path: string, headers: Record<string, string>): Promise<[number, string]> {
  const key = Buffer.alloc(16).toString("base64");
  const upgrade = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": key,
  };
  const sent = httpRequest({ port, host: "127.0.0.1", path, headers: { ...upgrade, ...headers } }).end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let body = "";
  for await (const chunk of response) body += chunk;
  return [response.statusCode ?? 0, body];
}

describe.each(Object.entries(frameworks))("a %s server", (_name, { start }) => {
  test("serves its pages and cuttle on one port, to who is authorized and from here", async () => {
    const { server, stop } = await start(0);
    ending.push(stop);
    const port = portOf(server);
    const [page] = (await once(httpRequest({ port, host: "127.0.0.1" }).end(), "response")) as [IncomingMessage];
    let body = "";
    for await (const chunk of page) body += chunk;
    expect([page.statusCode, body]).toEqual([200, "a page\n"]);
    const cookie = { Cookie: "session=secret" };
    await using remote = await consume<typeof api>(socket(port, "/live", cookie));
    expect(await remote.hello("you")).toBe("hello you");
    expect(await refusal(port, "/live", {})).toEqual([401, "log in first\n"]);
    const foreign = { ...cookie, Origin: "https://elsewhere.example" };
    expect(await refusal(port, "/live", foreign)).toEqual([403, expect.stringMatching(/is not this server/)]);
    expect(await refusal(port, "/other", cookie)).toEqual([404, expect.stringMatching(/no WebSocket is served/)]);
  });

  test("ends when it is stopped, and its clients hear of it", async () => {
    const { server, stop } = await start(0);
    const remote = await consume<typeof api>(socket(portOf(server), "/live", { Cookie: "session=secret" }));
    const { closed } = connectionOf(remote);
    await stop();
    expect(await outcome(closed)).toEqual({ value: expect.objectContaining({ by: "peer" }) });
    expect(server.listening).toBe(false);
  });
});

describe("a server that closes with time to end", () => {
  const Slow = service("Slow", { wait: t.method("&self", {}, t.u32) });

  /** A server with one call that takes until it is told. */
  async function slow(kind: "object" | "trait"): Promise<{ server: Server; running: Promise<void>; finish(): void }> {
    const [running, finished] = [deferred<void>(), deferred<void>()];
    const wait = async (): Promise<number> => {
      running.resolve();
      await finished.promise;
      return 7;
    };
    const server = await serve({ host: "127.0.0.1" }, (client) =>
      kind === "object" ? client.provide({ wait, quick: () => 1 }) : client.provide(Slow, { wait }),
    );
    return { server, running: running.promise, finish: () => finished.resolve() };
  }

  test("lets the running calls of an object finish, and takes no more", async () => {
    const { server, running, finish } = await slow("object");
    const remote = await consume<{ wait(): Promise<number>; quick(): number }>(server.url);
    const idle = await consume<{ quick(): number }>(server.url);
    const { closed } = connectionOf(idle);
    const call = remote.wait();
    const waiting = watch(call as unknown as Promise<number>);
    await running;
    const closing = server.close({ waitMs: 60_000 });
    // The connection without a call ends at once.
    expect(await outcome(closed)).toEqual({ value: expect.objectContaining({ by: "peer" }) });
    expect(await codeOf(remote.quick() as unknown as Promise<number>)).toBe("remote_rejected");
    expect(waiting.settled).toBe(false);
    finish();
    expect(await call).toBe(7);
    await closing;
  });

  test("lets large answers leave before it ends", async () => {
    const finished = deferred<void>();
    const running = deferred<void>();
    const big = async (): Promise<Uint8Array> => {
      running.resolve();
      await finished.promise;
      return new Uint8Array(5_000_000).fill(3);
    };
    // Which stands still: no limit for the end passes on a slow machine.
    const clock = new VirtualClock();
    const server = await serve({ host: "127.0.0.1" }, (client) => client.provide({ big }, { clock }));
    const remote = await consume<{ big(): Promise<Uint8Array> }>(server.url, { clock });
    const answer = remote.big();
    await running.promise;
    const closing = server.close({ waitMs: 60_000 });
    finished.resolve();
    expect((await answer).length).toBe(5_000_000);
    await closing;
  });

  test("lets the running calls of a remote trait finish", async () => {
    const { server, running, finish } = await slow("trait");
    const client = await consume(Slow, server.url);
    const call = client.wait({});
    const waiting = watch(call);
    await running;
    const closing = server.close({ waitMs: 60_000 });
    expect(waiting.settled).toBe(false);
    finish();
    expect(await call).toBe(7);
    await closing;
  });

  test("tells handlers that use channels by incoming.closing", async () => {
    const server = await serve({ host: "127.0.0.1" }, async (incoming) => {
      await using conn = await incoming.connect({ send: t.str });
      await once(incoming.closing, "abort");
      await conn.tx.send("bye");
    });
    await using conn = await connect(server.url, { receive: t.str });
    const closing = server.close({ waitMs: 60_000 });
    expect(await conn.rx.recv()).toBe("bye");
    expect(await conn.rx.recv()).toBeUndefined();
    await closing;
  });

  test("ends what takes longer, when the time is over", async () => {
    const { server, running, finish } = await slow("object");
    const remote = await consume<{ wait(): Promise<number> }>(server.url);
    const call = remote.wait() as unknown as Promise<number>;
    await running;
    await server.close({ waitMs: 1 });
    expect(await codeOf(call)).toBe("transport_lost");
    finish();
  });
});

describe("limits of a server", () => {
  test("T2: maxConnectionsPerAddress answers 429 to the next one of that address, and counts down again", async () => {
    const addressOf = ({ headers }: IncomingMessage): string => String(headers["x-real-ip"]);
    const server = await serve({ host: "127.0.0.1", maxConnectionsPerAddress: 2, addressOf }, (client) =>
      client.provide(api),
    );
    ending.push(() => server.close());
    const { port } = server.address;
    const from = (address: string) => consume<typeof api>(socket(port, "/", { "X-Real-IP": address }));
    const one = await from("192.0.2.1");
    await from("192.0.2.1");
    await from("192.0.2.2");
    expect(await refusal(port, "/", { "X-Real-IP": "192.0.2.1" })).toEqual([429, expect.stringMatching(/address/)]);
    await connectionOf(one).close();
    await until(
      () => server.connections === 2,
      () => "one connection is gone",
    );
    expect(await (await from("192.0.2.1")).hello("again")).toBe("hello again");
  });

  test("T2, R19: a client that says Hello one byte at a time is given up after the handshake timeout, and others go on", async () => {
    const clock = new VirtualClock();
    const failed = deferred<unknown>();
    const server = await serve({ host: "127.0.0.1", path: "/slow", onError: failed.resolve }, (client) =>
      client.connect({ clock, handshakeTimeoutMs: 10_000 }),
    );
    ending.push(() => server.close());
    const loris = connectSocket(server.address.port, "127.0.0.1");
    loris.write(
      "GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    );
    await once(loris, "data");
    // The head of a masked message of 26 bytes, its mask, and never all of them.
    for (const byte of [0x82, 0x9a, 1, 2, 3, 4, 3, 65]) {
      loris.write(Uint8Array.of(byte));
      await until(
        () => clock.timers > 0,
        () => "the handshake began",
      );
      clock.advance(1_000);
    }
    expect(server.connections).toBe(1);
    clock.advance(2_000);
    expect(await failed.promise).toMatchObject({ code: "peer_handshake_timeout" });
    const [closeFrame] = (await once(loris, "data")) as [Buffer];
    expect(closeFrame[0]).toBe(0x88);
    loris.destroy();
    await until(
      () => server.connections === 0,
      () => "the slow one is gone",
    );
  });

  test("T2: a client that never finishes its request is cut off by the HTTP server", async () => {
    const server = await serve({ host: "127.0.0.1" }, (client) => client.provide(api));
    ending.push(() => server.close());
    const { headersTimeout, requestTimeout } = server.server;
    expect([headersTimeout, requestTimeout]).toEqual([10_000, 10_000]);
  });
});

test("provide() to a client: drain() answers what runs and refuses what comes", async () => {
  const { port1, port2 } = new MessageChannel();
  const finished = deferred<void>();
  const running = deferred<void>();
  const slow = async (): Promise<string> => {
    running.resolve();
    await finished.promise;
    return "done";
  };
  const [connection, remote] = await Promise.all([
    provide({ slow, quick: () => 1 }, { to: port1 }),
    consume<{ slow(): Promise<string>; quick(): number }>(port2),
  ]);
  const call = remote.slow();
  await running.promise;
  const drained = connection.drain();
  expect(await codeOf(remote.quick() as unknown as Promise<number>)).toBe("remote_rejected");
  finished.resolve();
  expect(await call).toBe("done");
  await drained;
});

test("O06: a request for a connection says nothing but where to: a token goes in the first value, and ends there", async () => {
  const requests: IncomingMessage[] = [];
  const Hello = t.struct({ token: t.str });
  const authorize = (request: IncomingMessage): boolean => requests.push(request) > 0;
  const server = await serve({ port: 0, authorize }, async (incoming) => {
    await using conn = await incoming.connect({ receive: Hello, send: t.str });
    const hello = await conn.rx.recv();
    if (hello?.token === "right") await conn.tx.send("welcome");
  });
  ending.push(() => server.close());
  for (const [token, expected] of [
    ["right", "welcome"],
    ["wrong", undefined],
  ] as const) {
    const conn = await connect(server.url, { send: Hello, receive: t.str });
    await conn.tx.send({ token });
    expect(await conn.rx.recv().catch(() => undefined)).toBe(expected);
    await conn.close();
  }
  expect(requests.map(({ url }) => url)).toEqual(["/", "/"]);
  const said = requests.flatMap(({ rawHeaders }) => rawHeaders.map((one) => one.toLowerCase()));
  expect(said.filter((one) => /right|wrong|authorization|cookie|sec-websocket-protocol/.test(one))).toEqual([]);
});
