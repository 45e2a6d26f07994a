/**
 * The key of `await using`. WebKit has no such symbol yet; there a method under this key is simply never called.
 */
export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for("Symbol.asyncDispose") as typeof Symbol.asyncDispose);
