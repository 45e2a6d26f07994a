/** The bytes of the core's WebAssembly module, decoded anew at each call; the caller owns them. */
export function wasmBytes(): Uint8Array<ArrayBuffer>;
