import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocketServer, type WebSocket as WsWebSocket } from "ws";
import { cutReason } from "./close-code.ts";
import { describeTransport, pattern, tasks } from "./compliance.ts";
import { recorder } from "./recorder.ts";
import { type WebSocketLike, webSocketTransport } from "./websocket.ts";
import { openWebSocket, webSocketUrl } from "./websocket-open.ts";

async function serverAndSocket(): Promise<{ server: WebSocketServer; url: string; accepted: Promise<WsWebSocket> }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  servers.push(server);
  await once(server, "listening");
  const accepted = once(server, "connection").then(([socket]) => socket as WsWebSocket);
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/live?token=secret`, accepted };
}

const servers: WebSocketServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await closeServer(server);
});

async function closeServer(server: WebSocketServer): Promise<void> {
  const gone = Promise.all(
    [...server.clients].map((client) => (client.readyState === 3 ? undefined : once(client, "close"))),
  );
  const closed = new Promise((resolve) => server.close(resolve));
  await gone;
  await closed;
}

// The ws class on the server's side has the WHATWG shape, too, so the same transport serves both ends here.
describeTransport("WebSocket (global client, ws package as server)", async () => {
  const { server, url, accepted } = await serverAndSocket();
  const client = new WebSocket(url);
  const a = webSocketTransport(client);
  const b = webSocketTransport((await accepted) as unknown as WebSocketLike);
  await opened(client);
  return {
    a,
    b,
    async dispose() {
      await closeServer(server);
      servers.splice(servers.indexOf(server), 1);
    },
  };
});

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === 1) resolve();
    else socket.addEventListener("open", () => resolve(), { once: true });
  });
}

describe("opening a WebSocket", () => {
  test("offers no subprotocol and no query in messages, and starts once open", async () => {
    const { url, accepted } = await serverAndSocket();
    const transport = openWebSocket(url);
    const sink = recorder();
    await transport.start(sink);
    const far = await accepted;
    expect(far.protocol).toBe("");
    const gone = once(far, "close");
    transport.close();
    expect((await gone)[0]).toBe(1000);
  });

  test("rejects start() with transport_connect, the URL without its query, and the likely causes", async () => {
    const { server, url } = await serverAndSocket();
    await closeServer(server);
    const sink = recorder();
    const error = await openWebSocket(url)
      .start(sink)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "transport_connect" });
    expect(String(error)).toMatch(/ws:\/\/127\.0\.0\.1:\d+\/live\?….*not running/);
    expect(String(error)).not.toMatch(/secret/);
    expect(sink.outcome).toBeUndefined();
  });

  test("rejects start() when closed while connecting, with either implementation and no uncaught error", async () => {
    const { url } = await serverAndSocket();
    const { WebSocket: Ws } = await import("ws");
    for (const transport of [openWebSocket(url), openWebSocket(url, { WebSocket: Ws })]) {
      const starting = transport.start(recorder()).catch((reason: unknown) => reason);
      transport.close();
      expect(await starting).toMatchObject({ code: "local_closed" });
    }
  });

  test("rejects start() of a socket that is closed already", async () => {
    await expect(webSocketTransport(new FakeSocket({ readyState: 3 })).start(recorder())).rejects.toMatchObject({
      code: "transport_connect",
    });
  });

  test.each([
    ["/live", "https://app.example/page", "wss://app.example/live"],
    ["live?x=1#top", "http://app.example/a/b", "ws://app.example/a/live?x=1"],
    ["https://other.example/live", undefined, "wss://other.example/live"],
    ["http://[::1]:80/", undefined, "ws://[::1]/"],
    ["//cdn.example/live", "https://app.example/", "wss://cdn.example/live"],
  ])("resolves %s against %s to %s", (url, base, expected) => {
    expect(webSocketUrl(url, base).href).toBe(expected);
  });

  test.each([
    ["/live", undefined],
    ["ftp://host/", undefined],
    ["javascript:alert(1)", undefined],
    ["live", "blob:https://app.example/1234"],
  ])("refuses %s against %s", (url, base) => {
    expect(() => webSocketUrl(url, base)).toThrow(/local_misuse/);
  });
});

describe("F26: messages that are not binary", () => {
  test("a text message is ignored", async () => {
    const { url, accepted } = await serverAndSocket();
    const transport = openWebSocket(url);
    const sink = recorder();
    await transport.start(sink);
    const far = await accepted;
    far.send("hello");
    far.send(pattern(1, 3));
    await sink.untilFrames(1);
    expect(sink.frames).toEqual([pattern(1, 3)]);
    transport.close();
  });

  test("strictText fails on a text message and tells the other side why", async () => {
    const { url, accepted } = await serverAndSocket();
    const transport = openWebSocket(url, { strictText: true });
    const sink = recorder();
    await transport.start(sink);
    const far = await accepted;
    const gone = once(far, "close");
    far.send("hello");
    expect((await sink.untilEnd()).error?.code).toBe("peer_protocol");
    const [code, reason] = await gone;
    expect(code).toBe(4002);
    expect(String(reason)).toMatch(/text message/);
  });

  test("Blobs, empty ones included, are read in order with what follows them and with the end", async () => {
    const socket = new FakeSocket();
    const sink = recorder();
    await webSocketTransport(socket).start(sink);
    socket.message(new Blob([pattern(1, 9) as Uint8Array<ArrayBuffer>]));
    socket.message(pattern(2, 2).buffer);
    socket.message(new Blob([]));
    socket.message(pattern(3, 1).buffer);
    socket.end(1001, "bye");
    const outcome = await sink.untilEnd();
    expect(sink.frames).toEqual([pattern(1, 9), pattern(2, 2), pattern(0, 0), pattern(3, 1)]);
    expect(outcome.end?.reason).toMatch(/1001.*"bye"/);
  });
});

describe("limits", () => {
  test("F28: a message above the limit is dropped and fails the transport", async () => {
    const socket = new FakeSocket();
    const sink = recorder();
    await webSocketTransport(socket, { maxFrameBytes: 10 }).start(sink);
    socket.message(new ArrayBuffer(10));
    socket.message(new ArrayBuffer(11));
    expect((await sink.untilEnd()).error).toMatchObject({
      code: "peer_protocol",
      data: { sizeBytes: 11, limitBytes: 10 },
    });
    expect(sink.frames.length).toBe(1);
    expect(socket.closedWith?.[0]).toBe(4002);
    expect(socket.listenerCount).toBe(0);
  });

  test.each([
    [8, 1, true],
    [9, 1, false],
    [1, 16 * 1024, true],
    [1, 16 * 1024 + 1, false],
  ])("T05: %d messages of %d bytes before start() are kept: %s", async (count, byteLength, kept) => {
    const socket = new FakeSocket();
    const transport = webSocketTransport(socket);
    for (let at = 0; at < count; at++) socket.message(new ArrayBuffer(byteLength));
    const sink = recorder();
    await transport.start(sink);
    expect(sink.frames.length).toBe(kept ? count : 0);
    expect(sink.outcome?.error?.code).toBe(kept ? undefined : "local_limit");
    transport.close();
    expect(socket.closedWith?.[0]).toBe(kept ? 1000 : 4002);
  });
});

describe("back-pressure without a drain event", () => {
  test("looks in tasks first, then with a timer, and stops when somebody was told", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const socket = new FakeSocket();
      const sink = recorder();
      const transport = webSocketTransport(socket, { capacityBytes: 100 });
      await transport.start(sink);
      expect(transport.capacity()).toBe(100);
      socket.bufferedAmount = 100;
      expect(transport.capacity()).toBe(0);
      await tasks(70);
      expect(vi.getTimerCount()).toBe(1);
      socket.bufferedAmount = 99;
      vi.advanceTimersByTime(4);
      expect(sink.writables).toBe(1);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("notices room when a message arrives, because timers of hidden tabs hardly run", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const socket = new FakeSocket();
      const sink = recorder();
      const transport = webSocketTransport(socket, { capacityBytes: 100 });
      await transport.start(sink);
      socket.bufferedAmount = 200;
      transport.capacity();
      await tasks(70);
      socket.bufferedAmount = 0;
      socket.message(new ArrayBuffer(1));
      expect(sink.writables).toBe(1);
      transport.close();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("looks with a timer alone once the other end acknowledges, for its messages tell when to look", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const socket = new FakeSocket();
      const sink = recorder();
      const transport = webSocketTransport(socket, { capacityBytes: 100 });
      await transport.start(sink);
      transport.widen?.();
      socket.bufferedAmount = 100;
      transport.capacity();
      expect(vi.getTimerCount()).toBe(1);
      socket.bufferedAmount = 0;
      await tasks(10);
      expect(sink.writables).toBe(0);
      vi.advanceTimersByTime(4);
      expect(sink.writables).toBe(1);
      transport.close();
    } finally {
      vi.useRealTimers();
    }
  });

  test("what may wait is 64 KiB, and 128 KiB once the other end acknowledges, unless it was chosen", async () => {
    for (const [options, before, after] of [
      [{}, 64 * 1024, 128 * 1024],
      [{ capacityBytes: 100 }, 100, 100],
    ] as const) {
      const transport = webSocketTransport(new FakeSocket(), options);
      await transport.start(recorder());
      expect(transport.capacity()).toBe(before);
      transport.widen?.();
      expect(transport.capacity()).toBe(after);
      transport.close();
    }
  });

  test("close() while waiting leaves no timer and no listener", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const socket = new FakeSocket();
      const transport = webSocketTransport(socket);
      await transport.start(recorder());
      socket.bufferedAmount = 1e6;
      transport.capacity();
      await tasks(70);
      transport.close();
      expect([vi.getTimerCount(), socket.listenerCount]).toEqual([0, 0]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("a socket without bufferedAmount, as in workerd, always has capacity", async () => {
    const socket = new FakeSocket();
    socket.bufferedAmount = undefined;
    const transport = webSocketTransport(socket);
    await transport.start(recorder());
    expect(transport.capacity()).toBe(64 * 1024);
    transport.close();
  });
});

describe("T08: close codes and reasons", () => {
  test.each([
    1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015, 3000, 3999, 4000, 4999,
  ])("a close with %d ends the transport and names the code", async (code) => {
    const socket = new FakeSocket();
    const sink = recorder();
    await webSocketTransport(socket).start(sink);
    socket.end(code, "why");
    expect((await sink.untilEnd()).end?.reason).toMatch(new RegExp(`code ${code}.*"why"`));
    expect(socket.listenerCount).toBe(0);
  });

  test("a reason is cut at 123 bytes, never inside a character", () => {
    expect(cutReason("short")).toBe("short");
    expect(cutReason("x".repeat(200))).toBe("x".repeat(123));
    expect(cutReason(`${"x".repeat(121)}🦑🦑`)).toBe("x".repeat(121));
    expect(cutReason("🦑".repeat(40))).toBe("🦑".repeat(30));
    expect(cutReason(`${"é".repeat(61)}é`)).toBe("é".repeat(61));
  });

  test("the other process dying without a close frame is an end with code 1006", async () => {
    const { url, accepted } = await serverAndSocket();
    const sink = recorder();
    await openWebSocket(url).start(sink);
    (await accepted).terminate();
    expect((await sink.untilEnd()).end?.reason).toMatch(/1006/);
  });
});

/** A WebSocket that the test plays. */
class FakeSocket implements WebSocketLike {
  readyState = 1;
  bufferedAmount: number | undefined = 0;
  binaryType = "blob";
  closedWith: [number | undefined, string | undefined] | undefined;
  #listeners: [string, (event: unknown) => void][] = [];

  constructor(init: { readyState?: number } = {}) {
    this.readyState = init.readyState ?? 1;
  }
  get listenerCount(): number {
    return this.#listeners.length;
  }
  addEventListener(type: string, listener: (event: unknown) => void): void {
    this.#listeners.push([type, listener]);
  }
  removeEventListener(type: string, listener: (event: unknown) => void): void {
    this.#listeners = this.#listeners.filter((entry) => entry[0] !== type || entry[1] !== listener);
  }
  send(): void {}
  close(code?: number, reason?: string): void {
    this.closedWith = [code, reason];
  }
  message(data: unknown): void {
    this.#dispatch("message", { data });
  }
  end(code: number, reason: string): void {
    this.readyState = 3;
    this.#dispatch("close", { code, reason });
  }
  #dispatch(type: string, event: unknown): void {
    for (const [name, listener] of [...this.#listeners]) if (name === type) listener(event);
  }
}
