import { PassThrough } from "node:stream";
import { MessageChannel, Worker } from "node:worker_threads";
import { afterEach, describe, expect, test, vi } from "vitest";
import { memoryPair } from "./memory.ts";
import { defaultTarget, type Target, toTransport } from "./target.ts";

describe("what a target is taken for", () => {
  test("a transport is returned as it is", () => {
    const { a } = memoryPair();
    expect(toTransport(a)).toBe(a);
  });

  test("a port, a worker and a shared worker become message-port transports", async () => {
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker("", { eval: true });
    const shared = Object.assign(new EventTarget(), { port: port2 });
    for (const target of [port1, worker, shared]) {
      const transport = toTransport(target as unknown as Target);
      expect(transport.kind).toBe("message-port");
      transport.close();
    }
    await worker.terminate();
  });

  test("a WebSocket and a URL become WebSocket transports", () => {
    const made: string[] = [];
    vi.stubGlobal(
      "WebSocket",
      class extends EventTarget {
        readyState = 0;
        binaryType = "blob";
        constructor(url: string) {
          super();
          made.push(url);
        }
        send(): void {}
        close(): void {}
      },
    );
    for (const target of [new WebSocket("ws://a.example/"), "http://b.example/live", new URL("wss://c.example/")]) {
      const transport = toTransport(target as Target);
      expect(transport.kind).toBe("websocket");
      transport.close();
    }
    expect(made).toEqual(["ws://a.example/", "ws://b.example/live", "wss://c.example/"]);
  });

  const window: { window?: unknown } = new Proxy(
    {},
    {
      get(_target, key) {
        if (key === "window") return window;
        throw new Error("SecurityError: a foreign window");
      },
      has() {
        throw new Error("SecurityError: a foreign window");
      },
    },
  );
  test.each<[string, () => unknown, RegExp]>([
    ["undefined", () => undefined, /a undefined/],
    ["a function", () => () => {}, /a function/],
    ["an empty object", () => ({}), /neither postMessage/],
    ["O01: a foreign window, of which nothing but its identity is touched,", () => window, /explicit origin/],
    ["a Node stream", () => new PassThrough(), /cuttle\/node/],
    ["a path outside a page", () => "/live", /give the whole URL/],
    ["nonsense", () => "::", /not a URL/],
  ])("%s is refused with local_misuse and a reason", (_name, make, reason) => {
    expect(() => toTransport(make() as Target)).toThrow(reason);
    expect(() => toTransport(make() as Target)).toThrow(/^local_misuse/);
  });

  test("a BroadcastChannel is refused, because it has more than one other side", () => {
    const channel = new BroadcastChannel("cuttle-target-test");
    expect(() => toTransport(channel as unknown as Target)).toThrow(/BroadcastChannel/);
    channel.close();
  });
});

describe("the default target", () => {
  test("is undefined outside a dedicated worker", () => {
    expect(defaultTarget()).toBeUndefined();
  });

  test("is the worker's self inside one", () => {
    vi.stubGlobal("DedicatedWorkerGlobalScope", Object);
    vi.stubGlobal("postMessage", () => {});
    expect(defaultTarget()).toBe(globalThis);
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});
