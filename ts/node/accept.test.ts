import { once } from "node:events";
import { createServer, request as httpRequest, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type ClientOptions, WebSocket as WsClient } from "ws";
import { describeTransport, pattern } from "../transport/compliance.ts";
import { recorder } from "../transport/recorder.ts";
import type { Transport } from "../transport/transport.ts";
import { webSocketTransport } from "../transport/websocket.ts";
import { openWebSocket } from "../transport/websocket-open.ts";
import { type AcceptOptions, acceptWebSockets } from "./accept.ts";
import { listenWebSockets, type WebSocketListener } from "./serve.ts";
import { toNodeTransport } from "./targets.ts";

describeTransport("WebSocket (global client, cuttle server)", async () => {
  const { listener, transports } = await unguarded();
  const client = new WebSocket(listener.url);
  await new Promise((resolve) => client.addEventListener("open", resolve, { once: true }));
  return { a: webSocketTransport(client), b: transports[0] as Transport, dispose: () => listener.close() };
});

describeTransport("WebSocket (cuttle server, ws client)", async () => {
  const { listener, transports } = await unguarded();
  const client = new WsClient(listener.url);
  await once(client, "open");
  return { a: transports[0] as Transport, b: webSocketTransport(client), dispose: () => listener.close() };
});

describeTransport("WebSocket (cuttle server, ws client as a target of cuttle/node)", async () => {
  const { listener, transports } = await unguarded();
  const client = new WsClient(listener.url);
  const b = toNodeTransport(client);
  await once(client, "open");
  return { a: transports[0] as Transport, b, dispose: () => listener.close() };
});

const listeners: WebSocketListener[] = [];
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
});

async function unguarded(): Promise<{ listener: WebSocketListener; transports: Transport[] }> {
  const transports: Transport[] = [];
  return { listener: await listenWebSockets({}, (transport) => transports.push(transport)), transports };
}

async function listen(
  options: AcceptOptions & { host?: string } = {},
): Promise<{ listener: WebSocketListener; transports: Transport[] }> {
  const transports: Transport[] = [];
  const listener = await listenWebSockets({ host: "127.0.0.1", ...options }, (transport) => transports.push(transport));
  listeners.push(listener);
  return { listener, transports };
}

/** The HTTP status of an upgrade and the text of a refusal; 101 closes the socket again. */
async function attempt(
  url: string,
  options: ClientOptions = {},
  protocols: string[] = [],
): Promise<{ status: number; text: string }> {
  const client = new WsClient(url, protocols, options);
  client.on("error", () => {});
  const refused = once(client, "unexpected-response").then(async ([, response]) => {
    let text = "";
    for await (const chunk of response) text += chunk;
    return { status: response.statusCode as number, text };
  });
  const opened = once(client, "open").then(async () => {
    client.close();
    await once(client, "close");
    return { status: 101, text: "" };
  });
  refused.catch(() => {});
  opened.catch(() => {});
  return Promise.any([refused, opened]);
}

describe("O05 O13: who may connect", () => {
  test.each([
    ["https://app.example", 101],
    ["https://APP.example", 101],
    ["http://app.example", 403],
    ["https://app.example:8443", 403],
    ["https://app.example.evil.test", 403],
    ["https://evil-app.example", 403],
    ["https://app.example@evil.test", 403],
    ["https://app.example/path", 403],
    ["https://app.example, https://evil.test", 403],
    ["null", 403],
    ["", 403],
    ["file://", 403],
  ])("with the list [https://app.example] the origin %j gets %d", async (origin, status) => {
    const { listener } = await listen({ origins: ["https://app.example"] });
    expect((await attempt(listener.url, { headers: { Origin: origin } })).status).toBe(status);
  });

  test("a default port in the list or the header makes no difference", async () => {
    const { listener } = await listen({ origins: ["https://app.example:443", "http://other.example"] });
    expect((await attempt(listener.url, { headers: { Origin: "https://app.example" } })).status).toBe(101);
    expect((await attempt(listener.url, { headers: { Origin: "http://other.example" } })).status).toBe(101);
  });

  test("by default the server's own pages may connect, and no others", async () => {
    const { listener } = await listen();
    const { port } = listener.address;
    const own = { Origin: `http://127.0.0.1:${port}` };
    expect((await attempt(listener.url, { headers: own })).status).toBe(101);
    for (const origin of [
      "http://evil.test",
      `http://127.0.0.1:${port + 1}`,
      `http://127.0.0.1:${port}.evil.test`,
      "null",
    ]) {
      const { status, text } = await attempt(listener.url, { headers: { Origin: origin } });
      expect([status, text]).toEqual([403, expect.stringMatching(/option "origins"/)]);
    }
  });

  test("a foreign name that points at a loopback server is refused (DNS rebinding), a local name is not", async () => {
    const { listener } = await listen();
    const { port } = listener.address;
    const rebound = { Host: `evil.test:${port}`, Origin: `http://evil.test:${port}` };
    expect((await attempt(listener.url, { headers: rebound })).status).toBe(403);
    const local = { Host: `app.localhost:${port}`, Origin: `http://app.localhost:${port}` };
    expect((await attempt(listener.url, { headers: local })).status).toBe(101);
  });

  test("clients without an Origin may connect, unless requireOrigin", async () => {
    const { listener } = await listen({ origins: ["https://app.example"] });
    expect((await attempt(listener.url)).status).toBe(101);
    const strict = await listen({ origins: ["https://app.example"], requireOrigin: true });
    expect((await attempt(strict.listener.url)).status).toBe(403);
  });

  test('O04: the origin "null" needs an entry of its own', async () => {
    const { listener } = await listen({ origins: ["null"] });
    expect((await attempt(listener.url, { headers: { Origin: "null" } })).status).toBe(101);
    expect((await attempt(listener.url, { headers: { Origin: "https://app.example" } })).status).toBe(403);
  });

  test.each(["app.example", "https://app.example/path", "*", "https://*.example", "", "https://"])(
    "the entry %j is refused at once",
    async (entry) => {
      await expect(listen({ origins: [entry] })).rejects.toMatchObject({ code: "local_misuse" });
    },
  );

  test("authorize refuses with a status and a reason, before the upgrade", async () => {
    const answers = [false, { status: 401, message: "log in first" }, { status: 200, message: "nonsense" }, true];
    const { listener, transports } = await listen({
      authorize: async (request) => {
        await Promise.resolve();
        return answers[Number(new URL(request.url ?? "", "http://x").searchParams.get("n"))] as boolean;
      },
    });
    const results = [];
    for (let n = 0; n < 4; n++) results.push(await attempt(`${listener.url}?n=${n}`));
    expect(results.map(({ status }) => status)).toEqual([403, 401, 403, 101]);
    expect(results[1]?.text).toBe("log in first\n");
    expect(transports.length).toBe(1);
  });

  test("an authorize that throws tells the client nothing", async () => {
    const { listener } = await listen({
      authorize: () => {
        throw new Error("the password is hunter2");
      },
    });
    expect(await attempt(listener.url)).toEqual({ status: 500, text: "authorize failed\n" });
  });
});

describe("limits", () => {
  test("maxConnections answers 503 to the next one, and counts down again", async () => {
    const { listener, transports } = await listen({ maxConnections: 1 });
    const first = new WsClient(listener.url);
    await once(first, "open");
    expect(listener.connections).toBe(1);
    expect((await attempt(listener.url)).status).toBe(503);
    const gone = once(first, "close");
    transports[0]?.close();
    await gone;
    while (listener.connections > 0) await new Promise((resolve) => setImmediate(resolve));
    expect((await attempt(listener.url)).status).toBe(101);
  });

  test("F28: a message above maxFrameBytes is refused from its header alone", async () => {
    const { listener, transports } = await listen({ maxFrameBytes: 1000 });
    const socket = connect(listener.address.port, "127.0.0.1");
    await once(socket, "connect");
    socket.write(
      `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString("base64")}\r\n\r\n`,
    );
    await once(socket, "data");
    const sink = recorder();
    await transports[0]?.start(sink);
    // A masked binary message that claims 1 GiB; nothing of it is sent.
    socket.write(Buffer.of(0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4));
    const { error } = await sink.untilEnd();
    expect(error?.code).toBe("peer_protocol");
    expect(error?.message).toMatch(/Max payload size exceeded.*maxFrameBytes/);
    socket.destroy();
  });

  test("a socket of ws that opens later is waited for, one that never opens is refused, and one that is given up ends", async () => {
    const { listener } = await listen({ path: "/live" });
    const later = toNodeTransport(new WsClient(listener.url));
    await later.start(recorder());
    expect(later.capacity()).toBeGreaterThan(0);
    later.close();
    const refused = toNodeTransport(new WsClient(`ws://127.0.0.1:${listener.address.port}/elsewhere`));
    await expect(refused.start(recorder())).rejects.toMatchObject({
      code: "transport_connect",
      message: expect.stringMatching(/404/),
    });
    const givenUp = toNodeTransport(new WsClient(listener.url));
    const starting = givenUp.start(recorder());
    givenUp.close();
    await expect(starting).rejects.toMatchObject({ code: "transport_connect" });
  });

  test("R13: compression, which a client offers by itself, is not agreed to: no message is larger than its frames", async () => {
    const { listener } = await listen();
    const client = new WsClient(listener.url, { perMessageDeflate: true });
    await once(client, "open");
    expect(client.extensions).toBe("");
    client.close();
  });

  test("a message of exactly maxFrameBytes arrives", async () => {
    const { listener, transports } = await listen({ maxFrameBytes: 1000 });
    const client = new WsClient(listener.url);
    await once(client, "open");
    const sink = recorder();
    await transports[0]?.start(sink);
    client.send(pattern(1, 1000));
    await sink.untilFrames(1);
    expect(sink.frames).toEqual([pattern(1, 1000)]);
  });

  test("T05: more than 16 KiB before start() close the connection", async () => {
    const { listener, transports } = await listen();
    const client = new WsClient(listener.url);
    await once(client, "open");
    const gone = once(client, "close");
    client.send(pattern(1, 16 * 1024 + 1));
    expect((await gone)[0]).toBe(4002);
    const sink = recorder();
    await transports[0]?.start(sink);
    expect(sink.outcome?.error?.code).toBe("local_limit");
  });

  test("F26: text is ignored", async () => {
    const { listener, transports } = await listen();
    const client = new WsClient(listener.url);
    await once(client, "open");
    const sink = recorder();
    await transports[0]?.start(sink);
    client.send("hello");
    client.send(pattern(1, 3));
    await sink.untilFrames(1);
    expect(sink.frames).toEqual([pattern(1, 3)]);
  });

  test("frames are views of what was read, not copies", async () => {
    const { listener, transports } = await listen();
    const client = new WsClient(listener.url);
    await once(client, "open");
    const sink = recorder();
    await transports[0]?.start(sink);
    client.send(pattern(1, 100));
    client.send(pattern(2, 100));
    await sink.untilFrames(2);
    expect(sink.frames[0]?.buffer.byteLength).toBeGreaterThan(200);
  });
});

describe("sharing a server", () => {
  async function httpServer(): Promise<{ server: Server; url: string; close(): Promise<void> }> {
    const server = createServer((_request, response) => response.end("hello"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return {
      server,
      url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
      close: () => new Promise((resolve) => server.close(() => resolve())),
    };
  }

  test("serves its path with any query, and answers 404 for others when nobody else handles upgrades", async () => {
    const { server, url, close } = await httpServer();
    const one = acceptWebSockets(server, { path: "/one" }, () => {});
    const two = acceptWebSockets(server, { path: "/two" }, () => {});
    const paths = ["/one", "/two?x=1", "/", "/one/", "/oneself", "//one"];
    const statuses = [];
    for (const path of paths) statuses.push((await attempt(url + path)).status);
    expect(statuses).toEqual([101, 101, 404, 404, 404, 404]);
    await one.close();
    expect((await attempt(`${url}/one`)).status).toBe(404);
    await two.close();
    expect(server.listenerCount("upgrade")).toBe(0);
    await close();
  });

  test("leaves other paths, and requests that want a subprotocol, to other handlers such as Vite's", async () => {
    const { server, url, close } = await httpServer();
    const acceptor = acceptWebSockets(server, {}, () => {});
    const left: string[] = [];
    server.on("upgrade", (request, socket) => {
      if (request.headers["sec-websocket-protocol"] === undefined) return;
      left.push(request.headers["sec-websocket-protocol"]);
      socket.end("HTTP/1.1 418 Teapot\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    });
    expect((await attempt(`${url}/`, {}, ["vite-hmr"])).status).toBe(418);
    expect((await attempt(`${url}/`)).status).toBe(101);
    expect(left).toEqual(["vite-hmr"]);
    await acceptor.close();
    await close();
  });

  test("a path with a query or without a slash is refused", async () => {
    const server = createServer();
    expect(() => acceptWebSockets(server, { path: "live" }, () => {})).toThrow(/local_misuse/);
    expect(() => acceptWebSockets(server, { path: "/live?x" }, () => {})).toThrow(/local_misuse/);
    expect(server.listenerCount("upgrade")).toBe(0);
  });
});

describe("listening", () => {
  test("tells address and url, answers plain HTTP with 426, and frees the port when disposed", async () => {
    const transports: Transport[] = [];
    const listener = await listenWebSockets({ host: "127.0.0.1", path: "/live" }, (transport) =>
      transports.push(transport),
    );
    expect(listener.url).toBe(`ws://127.0.0.1:${listener.address.port}/live`);
    const [response] = await once(httpRequest(listener.url.replace("ws:", "http:")).end(), "response");
    expect(response.statusCode).toBe(426);
    response.resume();
    await listener[Symbol.asyncDispose]();
    expect(listener.server.listening).toBe(false);
  });

  test("close() ends connections with code 1001, and the client's transport says so", async () => {
    const { listener, transports } = await listen();
    const sink = recorder();
    await openWebSocket(listener.url).start(sink);
    const far = recorder();
    await transports[0]?.start(far);
    await listener.close();
    expect((await sink.untilEnd()).end?.reason).toMatch(/1001.*shutting down/);
    expect(far.outcome?.end?.reason).toMatch(/closed with code/);
    expect(listener.connections).toBe(0);
  });

  test("close({ waitMs }) lets connections end by themselves", async () => {
    const { listener, transports } = await listen();
    const sink = recorder();
    const near = openWebSocket(listener.url);
    await near.start(sink);
    await transports[0]?.start(recorder());
    const closing = listener.close({ waitMs: 10_000 });
    transports[0]?.close();
    expect((await sink.untilEnd()).end?.reason).toMatch(/1000/);
    await closing;
  });

  test("a port that is taken rejects with a reason", async () => {
    const { listener } = await listen();
    const taken = listenWebSockets({ host: "127.0.0.1", port: listener.address.port }, () => {});
    await expect(taken).rejects.toMatchObject({
      code: "transport_connect",
      message: expect.stringMatching(/EADDRINUSE/),
    });
  });
});
