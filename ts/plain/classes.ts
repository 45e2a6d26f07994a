import { CuttleError } from "../errors/error.ts";

/** How instances of a class travel by value; see {@link registerClass}. */
export interface ClassCodec<T extends object = object> {
  /** What the bytes call the class; both sides register the same name. */
  readonly name: string;
  readonly class: abstract new (...args: never[]) => T;
  /** What an instance is made of: any value that can be sent. */
  encode(instance: T): unknown;
  /** Makes an instance; what it throws is told as `peer_decode`. */
  decode(parts: unknown): T;
}

const byName: Map<string, ClassCodec> = new Map();
const byPrototype: Map<object, ClassCodec> = new Map();
/** Names that the format itself uses. */
const RESERVED = ["ArrayBuffer", "DataView", "DOMException", "CuttleError"];

/**
 * Lets instances of a class travel by value between two programs that both register it under one name. Subclasses are
 * registered on their own. Throws `local_misuse` when the name or class is taken by another codec.
 *
 * ```ts
 * registerClass({ name: "Point", class: Point, encode: ({ x, y }) => [x, y], decode: ([x, y]) => new Point(x, y) });
 * ```
 */
export function registerClass<T extends object>(codec: ClassCodec<T>): void {
  const { name, class: type } = codec;
  const { prototype } = type as { prototype: object };
  if (byName.has(name) || byPrototype.has(prototype) || RESERVED.includes(name) || name.endsWith("Error")) {
    throw new CuttleError("local_misuse", `a class is registered as "${name}" already, or the name is reserved`);
  }
  byName.set(name, codec as unknown as ClassCodec);
  byPrototype.set(prototype, codec as unknown as ClassCodec);
}

/** The codec of a class by its name on the wire. */
export function classByName(name: string): ClassCodec | undefined {
  return byName.get(name);
}

/** The codec for exactly this prototype. */
export function classByPrototype(prototype: object): ClassCodec | undefined {
  return byPrototype.get(prototype);
}
