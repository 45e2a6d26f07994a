/** Comlink's own examples (docs of Comlink 4.4: simple, class, callback, event listener, transfer handler), unchanged. */
import * as untyped from "comlink";
import { describe, expect, test } from "vitest";
// The package does not say where its types are.
import type * as Types from "../../node_modules/comlink/dist/esm/comlink.d.ts";
import { type ComlinkEndpoint, comlinkEndpoint } from "../../ts/comlink.ts";
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
