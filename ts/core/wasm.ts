import { type InitOutput, initSync, layout_version, Mux } from "../../wasm-core/pkg/cuttle_core.js";
import { wasmBytes } from "../../wasm-core/pkg/inline.js";
import { CuttleError } from "../errors/error.ts";

/** The started module: its class and its memory. */
export interface Wasm {
  readonly Mux: typeof Mux;
  /** Law: memory grows and detaches views, so views are made for one use and never stored. */
  readonly memory: WebAssembly.Memory;
}

/** What this facade was written for; see `LAYOUT_VERSION` in `wasm-core/abi`. */
const LAYOUT_VERSION = 5;

let started: Wasm | undefined;
/** What {@link init} was given, compiled. */
let given: WebAssembly.Module | undefined;

/**
 * Starts the core once per realm, synchronously, at first use: importing the package costs nothing and a content
 * security policy that forbids WebAssembly surfaces as an error one can catch.
 * Throws `local_wasm_blocked` when it cannot be started.
 */
export function startWasm(): Wasm {
  started ??= instantiate();
  return started;
}

/** The core itself, `cuttle/core.wasm`: where it can be fetched, its bytes, or compiled. */
export type WasmSource = string | URL | ArrayBuffer | Uint8Array<ArrayBuffer> | WebAssembly.Module;

/**
 * Says where the core comes from. `cuttle/slim` needs this before the first connection; elsewhere it takes the place of
 * the core inside the JavaScript: to compile while it is loaded, or once for a page and its workers. Resolves when the
 * core has started; with a `WebAssembly.Module` that is in this very call. Once it has started, calling it does nothing.
 * Rejects with `local_wasm_blocked` when it cannot be fetched, compiled or started.
 */
export async function init(source: WasmSource): Promise<void> {
  if (started !== undefined) return;
  given = isModule(source) ? ofThisRealm(source) : await compile(source);
  startWasm();
}

/** Also of another realm: edge runtimes compile outside of the one in which the program runs. */
function isModule(source: WasmSource): source is WebAssembly.Module {
  return Object.prototype.toString.call(source) === "[object WebAssembly.Module]";
}

/** The glue asks by `instanceof`, and compiles what is none, which those runtimes forbid. */
function ofThisRealm(module: WebAssembly.Module): WebAssembly.Module {
  return Object.setPrototypeOf(module, WebAssembly.Module.prototype);
}

async function compile(source: WasmSource): Promise<WebAssembly.Module> {
  try {
    const isUrl = typeof source === "string" || source instanceof URL;
    if (!isUrl) return await WebAssembly.compile(source as ArrayBuffer | Uint8Array<ArrayBuffer>);
    const response = await fetch(source);
    if (!response.ok) throw new Error(`${response.url} was answered with ${response.status}`);
    // Browsers compile while they load, if the server knows the type.
    const isTyped = response.headers.get("Content-Type")?.split(";", 1)[0] === "application/wasm";
    if (isTyped && WebAssembly.compileStreaming !== undefined) return await WebAssembly.compileStreaming(response);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw blocked(error);
  }
}

function instantiate(): Wasm {
  let output: InitOutput;
  try {
    output = initSync({ module: given ?? new WebAssembly.Module(wasmBytes() as Uint8Array<ArrayBuffer>) });
  } catch (error) {
    throw CuttleError.is(error) ? error : blocked(error);
  }
  const version = layout_version();
  if (version !== LAYOUT_VERSION) {
    throw new CuttleError(
      "bug",
      `the core has layout ${version}, the facade needs ${LAYOUT_VERSION}: rebuild the wasm, or give init() that of ` +
        "the same release",
    );
  }
  return { Mux, memory: output.memory };
}

function blocked(cause: unknown): CuttleError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const hint =
    "When the page has a Content-Security-Policy, add 'wasm-unsafe-eval' to script-src, or run cuttle in a " +
    "dedicated worker from the same origin whose script is served without a policy of its own";
  return new CuttleError("local_wasm_blocked", `WebAssembly could not be started (${reason}). ${hint}`, { cause });
}
