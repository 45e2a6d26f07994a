/** Values that are sent to many receivers, each encoded once for all connections that write it in the same way. */

import type { Codec } from "../codec/codec.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import type { Dialect } from "../schema/dialect.ts";
import type { Bytes } from "../util/pieces.ts";

/** What decides how a value is encoded. */
export interface Writing {
  readonly codec: Codec;
  readonly descriptor: Descriptor;
  readonly dialect: Dialect;
}

/** The encoded forms of one value. */
export class Encodings {
  readonly #known: (Writing & { readonly bytes: Bytes })[] = [];

  /** As it was encoded before, unless that is more than `maxBytes`. */
  find(writing: Writing, maxBytes: number): Bytes | undefined {
    return this.#known.find((known) => known.bytes.length <= maxBytes && isSame(known, writing))?.bytes;
  }

  /** How long it was when it was first encoded; undefined before, and of a value with ports in it. */
  get sizeBytes(): number | undefined {
    return this.#known[0]?.bytes.length;
  }

  /** Remembers how the value is encoded; the bytes are lent to all who find them. */
  add({ codec, descriptor, dialect }: Writing, bytes: Bytes): void {
    this.#known.push({ codec, descriptor, dialect, bytes });
  }
}

const shared: WeakMap<object, Encodings> = /* @__PURE__ */ new WeakMap();

/** Declares that a value is sent to many, and that neither it nor what is in it changes any more. */
export function share<T extends object>(value: T): T {
  shared.set(value, new Encodings());
  return value;
}

/** The encoded forms of a value that was given to {@link share}. */
export function encodingsOf(value: unknown): Encodings | undefined {
  return typeof value === "object" && value !== null ? shared.get(value) : undefined;
}

function isSame(one: Writing, other: Writing): boolean {
  const [a, b] = [one.dialect, other.dialect];
  return (
    one.codec === other.codec &&
    one.descriptor === other.descriptor &&
    a.generation === b.generation &&
    a.compact === b.compact &&
    a.postbag1 === b.postbag1 &&
    a.skipDefaults === b.skipDefaults
  );
}
