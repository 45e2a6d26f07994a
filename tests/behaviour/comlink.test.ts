/** Comlink's own examples (docs of Comlink 4.4: simple, class, callback, event listener, transfer handler), unchanged. */
import * as untyped from "comlink";
import { afterEach, describe, expect, test, vi } from "vitest";
// The package does not say where its types are.
import type * as Types from "../../node_modules/comlink/dist/esm/comlink.d.ts";
import { type ComlinkEndpoint, comlinkEndpoint } from "../../ts/comlink.ts";
import { registerClass } from "../../ts/index.ts";
import { carriers, KINDS } from "./support/carriers.ts";
import { until } from "./support/wait.ts";

const Comlink = untyped as unknown as typeof Types;

async function endpoints(kind: (typeof KINDS)[number]) {
  const below = await carriers(kind);
  const [near, far] = await Promise.all([comlinkEndpoint(below.a), comlinkEndpoint(below.b)]);
  const end = async (): Promise<void> => {
    await near[Symbol.asyncDispose]();
    await far[Symbol.asyncDispose]();
    await below.dispose();
  };
  return { near: near as ComlinkEndpoint & Types.Endpoint, far: far as ComlinkEndpoint & Types.Endpoint, end };
}

describe.each(KINDS)("Comlink over %s", (kind) => {
  test("an object with a counter is exposed, called, read and set", async () => {
    const { near, far, end } = await endpoints(kind);
    const object = {
      counter: 0,
      inc() {
        this.counter++;
      },
    };
    Comlink.expose(object, far);
    const remote = Comlink.wrap<typeof object>(near);
    expect(await remote.counter).toBe(0);
    await remote.inc();
    expect(await remote.counter).toBe(1);
    await end();
  });

  test("a callback is given as a proxy and called", async () => {
    const { near, far, end } = await endpoints(kind);
    async function remoteFunction(callback: (text: string) => void) {
      await callback("A string from a worker");
    }
    Comlink.expose(remoteFunction, far);
    const remote = Comlink.wrap<typeof remoteFunction>(near);
    const said: string[] = [];
    await remote(Comlink.proxy((text: string) => void said.push(text)));
    expect(said).toEqual(["A string from a worker"]);
    await end();
  });

  test("a class is constructed over there, with state, static members and errors", async () => {
    const { near, far, end } = await endpoints(kind);
    class MyClass {
      static magic = 7;
      #logLine = "";
      constructor(init: string) {
        this.#logLine = init;
      }
      log(more: string): string {
        this.#logLine += more;
        return this.#logLine;
      }
      fail(): never {
        throw new TypeError("over there");
      }
    }
    Comlink.expose(MyClass, far);
    const Remote = Comlink.wrap<typeof MyClass>(near);
    const instance = await new Remote("a");
    expect(await instance.log("b")).toBe("ab");
    expect(await instance.log("c")).toBe("abc");
    await expect(instance.fail()).rejects.toThrow("over there");
    instance[Comlink.releaseProxy]();
    await end();
  });

  test("events are listened to with a transfer handler of the application", async () => {
    const { near, far, end } = await endpoints(kind);
    Comlink.transferHandlers.set("point", {
      canHandle: (value): value is { isPoint: true; x: number } =>
        typeof value === "object" && value !== null && "isPoint" in value,
      serialize: (value) => [{ x: (value as { x: number }).x }, []],
      deserialize: ({ x }: { x: number }) => ({ isPoint: true as const, x: x * 10 }),
    });
    const seen: unknown[] = [];
    Comlink.expose({ on: (value: unknown) => void seen.push(value) }, far);
    const remote = Comlink.wrap<{ on(value: unknown): void }>(near);
    await remote.on({ isPoint: true, x: 4 });
    expect(seen).toEqual([{ isPoint: true, x: 40 }]);
    Comlink.transferHandlers.delete("point");
    await end();
  });

  test("an endpoint made by createEndpoint is one more way to the same object", async () => {
    const { near, far, end } = await endpoints(kind);
    let calls = 0;
    Comlink.expose({ hit: () => ++calls }, far);
    const remote = Comlink.wrap<{ hit(): number }>(near);
    const again = Comlink.wrap<{ hit(): number }>(await remote[Comlink.createEndpoint]());
    expect(await again.hit()).toBe(1);
    expect(await remote.hit()).toBe(2);
    again[Comlink.releaseProxy]();
    await until(
      () => calls === 2,
      () => "both were called",
    );
    await end();
  });
});

describe("an endpoint", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  /** What arrives at the far end, and what was reported. */
  async function watched() {
    const { near, far, end } = await endpoints("memory");
    const reported: unknown[] = [];
    vi.spyOn(console, "error").mockImplementation((error) => void reported.push(error));
    const got: unknown[] = [];
    far.addEventListener("message", ({ data }) => void got.push(data));
    const arrived = (count: number) =>
      until(
        () => got.length === count,
        () => `${count} messages came, not ${got.length}`,
      );
    return { near, far, end, got, reported, arrived };
  }

  test("throws at once for what cannot be cloned, as a port does, and goes on", async () => {
    const { near, end, got, reported, arrived } = await watched();
    for (const bad of [() => 1, Symbol("s"), { deep: [() => 1] }, new Map([[1, () => 1]])]) {
      expect(() => near.postMessage(bad)).toThrow(expect.objectContaining({ name: "DataCloneError" }));
    }
    const { port1, port2 } = new MessageChannel();
    expect(() => near.postMessage([port1, () => 1])).toThrow(/could not be cloned/);
    port1.close();
    port2.close();
    near.postMessage("after");
    await arrived(1);
    expect([got, reported]).toEqual([["after"], []]);
    await end();
  });

  test("a result that cannot be cloned rejects the call", async () => {
    const { near, far, end } = await endpoints("memory");
    Comlink.expose({ make: () => () => 1, add: (a: number, b: number) => a + b }, far);
    const remote = Comlink.wrap<{ make(): unknown; add(a: number, b: number): number }>(near);
    await expect(remote.make()).rejects.toThrow("Unserializable return value");
    expect(await remote.add(1, 2)).toBe(3);
    await end();
  });

  test("sends what the message was when it was posted, with cycles and keys of all kinds", async () => {
    const { near, end, got, arrived } = await watched();
    const bytes = Uint8Array.of(1, 2);
    const message: Record<string, unknown> = JSON.parse('{ "__proto__": { "polluted": true } }');
    Object.assign(message, {
      bytes,
      list: [1],
      self: message,
      made: new (class {
        x = 1;
      })(),
    });
    near.postMessage(message);
    bytes.fill(9);
    (message.list as number[]).push(2);
    await arrived(1);
    const [received] = got as [typeof message];
    expect(received.self).toBe(received);
    expect([received.bytes, received.list, received.made]).toEqual([Uint8Array.of(1, 2), [1], { x: 1 }]);
    expect(Object.hasOwn(received, "__proto__")).toBe(true);
    expect((received as { polluted?: unknown }).polluted).toBeUndefined();
    await end();
  });

  test("reports what a listener throws, and calls the others and the next ones", async () => {
    const { near, far, end, got, reported, arrived } = await watched();
    const others: unknown[] = [];
    far.addEventListener("message", ({ data }) => {
      if (data === 1) throw new RangeError("in a listener");
    });
    far.addEventListener("message", ({ data }) => void others.push(data));
    near.postMessage(1);
    near.postMessage(2);
    await arrived(2);
    expect([got, others]).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(reported).toEqual([expect.objectContaining({ message: "in a listener" })]);
    await end();
  });

  test("reports a message that cannot be read or written, and goes on", async () => {
    class Unreadable {}
    registerClass({
      name: "Unreadable",
      class: Unreadable,
      encode: () => 1,
      decode() {
        throw new TypeError("never");
      },
    });
    const { near, end, got, reported, arrived } = await watched();
    near.postMessage(new Unreadable());
    near.postMessage(new Blob(["of no use here"]));
    near.postMessage("after");
    await arrived(1);
    expect(got).toEqual(["after"]);
    const codes = reported.map((error) => (error as { code?: unknown }).code);
    expect(codes.sort()).toEqual(["local_encode", "peer_decode"]);
    await end();
  });

  test("reports as uncaught errors are reported, where there is such a thing", async () => {
    const { near, far, end, reported, arrived } = await watched();
    const uncaught: unknown[] = [];
    vi.stubGlobal("reportError", (error: unknown) => void uncaught.push(error));
    far.addEventListener("message", () => {
      throw new Error("in a listener");
    });
    near.postMessage(1);
    await arrived(1);
    expect([uncaught, reported]).toEqual([[expect.objectContaining({ message: "in a listener" })], []]);
    await end();
  });
});
