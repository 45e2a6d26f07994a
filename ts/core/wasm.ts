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
const LAYOUT_VERSION = 4;

let started: Wasm | undefined;

/**
 * Starts the core once per realm, synchronously, at first use: importing the package costs nothing and a content
 * security policy that forbids WebAssembly surfaces as an error one can catch.
 * Throws `local_wasm_blocked` when it cannot be started.
 */
export function startWasm(): Wasm {
  started ??= instantiate();
  return started;
}

function instantiate(): Wasm {
  let output: InitOutput;
  try {
    output = initSync({ module: new WebAssembly.Module(wasmBytes() as Uint8Array<ArrayBuffer>) });
  } catch (error) {
    throw blocked(error);
  }
  const version = layout_version();
  if (version !== LAYOUT_VERSION) {
    throw new CuttleError(
      "bug",
      `the core has layout ${version}, the facade needs ${LAYOUT_VERSION}: rebuild the wasm`,
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
