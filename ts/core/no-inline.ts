import { CuttleError } from "../errors/error.ts";

/** Takes the place of the core inside the JavaScript where `cuttle/slim` is built. Throws `local_misuse`. */
export function wasmBytes(): never {
  throw new CuttleError(
    "local_misuse",
    "cuttle/slim brings no WebAssembly: call init() with the URL, the bytes or the WebAssembly.Module of " +
      "cuttle/core.wasm before the first connection, or import cuttle",
  );
}
