import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test, vi } from "vitest";

const bytes = new Uint8Array(readFileSync(join(import.meta.dirname, "../../wasm-core/pkg/cuttle_core_bg.wasm")));

/** The room's module anew, as if the realm had just begun. */
async function fresh(): Promise<typeof import("./wasm.ts")> {
  vi.resetModules();
  return await import("./wasm.ts");
}

afterEach(() => {
  vi.doUnmock("../../wasm-core/pkg/inline.js");
  vi.unstubAllGlobals();
});

/** A server that answers with these bytes. */
async function serving(answer: { status?: number; type?: string; body?: Uint8Array }): Promise<{
  url: string;
  stop(): void;
}> {
  const server = createServer((_request, response) => {
    response.writeHead(answer.status ?? 200, answer.type === undefined ? {} : { "Content-Type": answer.type });
    response.end(answer.body ?? bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/core.wasm`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe("where the core comes from", () => {
  test("from its bytes, from a module, and from a URL whatever type the server says", async () => {
    const typed = await serving({ type: "application/wasm" });
    const untyped = await serving({ type: "application/octet-stream" });
    const module = new WebAssembly.Module(bytes);
    for (const source of [bytes, bytes.buffer, module, typed.url, new URL(untyped.url)]) {
      // Without a core inside the JavaScript.
      vi.doMock("../../wasm-core/pkg/inline.js", () => import("./no-inline.ts"));
      const { init, startWasm } = await fresh();
      await init(source);
      expect(startWasm().memory).toBeInstanceOf(WebAssembly.Memory);
    }
    typed.stop();
    untyped.stop();
  });

  test("from a module that another realm has compiled", async () => {
    vi.doMock("../../wasm-core/pkg/inline.js", () => import("./no-inline.ts"));
    const { init, startWasm } = await fresh();
    const module = new (runInNewContext("WebAssembly.Module"))(bytes);
    expect(module).not.toBeInstanceOf(WebAssembly.Module);
    void init(module);
    expect(startWasm().Mux).toBeTypeOf("function");
  });

  test("a module starts it in the very call, as runtimes need that compile nothing later", async () => {
    const { init, startWasm } = await fresh();
    const module = new WebAssembly.Module(bytes);
    vi.doMock("../../wasm-core/pkg/inline.js", () => import("./no-inline.ts"));
    void init(module);
    expect(startWasm().Mux).toBeTypeOf("function");
  });

  test("what cannot be had or is no WebAssembly says so", async () => {
    const missing = await serving({ status: 404 });
    for (const [source, reason] of [
      [missing.url, /answered with 404/],
      ["http://127.0.0.1:1/", /could not be started/],
      [new Uint8Array([1, 2, 3]), /could not be started/],
    ] as const) {
      const { init } = await fresh();
      await expect(init(source)).rejects.toMatchObject({
        code: "local_wasm_blocked",
        message: expect.stringMatching(reason),
      });
    }
    missing.stop();
  });

  test("without a core inside, the first connection says what to call", async () => {
    vi.doMock("../../wasm-core/pkg/inline.js", () => import("./no-inline.ts"));
    const { init, startWasm } = await fresh();
    expect(startWasm).toThrow(/^local_misuse: cuttle\/slim brings no WebAssembly: call init\(\)/);
    await init(bytes);
    expect(startWasm().Mux).toBeTypeOf("function");
  });
});
