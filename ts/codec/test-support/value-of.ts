/** Test support: reads the values of the vector files, which write down in JSON what JSON cannot hold. */

import { nullable } from "../../schema/containers.ts";
import type { Descriptor, Shape } from "../../schema/descriptor.ts";

/** The JavaScript value that a vector means by `written`, for a descriptor. */
export function jsValueOf(descriptor: Descriptor, written: unknown): unknown {
  const shape = descriptor as Shape;
  const special = written as {
    $int?: string;
    $float?: string;
    $bytes?: string;
    $map?: [unknown, unknown][];
    $repeat?: [unknown, number];
    $some?: unknown;
  };
  if (typeof written === "object" && written !== null) {
    if (special.$repeat) {
      const [item, count] = special.$repeat;
      if (shape.kind === "str") return (item as string).repeat(count);
      written = Array.from({ length: count }, () => item);
    }
    if (special.$bytes !== undefined) return bytesOf(special.$bytes);
    if (special.$float !== undefined) return Number(special.$float);
  }
  switch (shape.kind) {
    case "bigint":
      return BigInt(special?.$int ?? (written as number));
    case "option": {
      if (written === null) return null;
      const some = typeof written === "object" && "$some" in special ? special.$some : written;
      const value = jsValueOf(shape.inner, some);
      return nullable(shape.inner) ? { some: value } : value;
    }
    case "newtype":
    case "recoverable":
    case "default":
      return jsValueOf(shape.inner, written);
    case "lazy":
      return jsValueOf(shape.resolve(), written);
    case "transported":
      return jsValueOf(shape.shape, written);
    case "byteVec":
      return Uint8Array.from(written as number[]);
    case "seq":
    case "array":
      return (written as unknown[]).map((item) => jsValueOf(shape.item, item));
    case "set":
      return new Set((written as unknown[]).map((item) => jsValueOf(shape.item, item)));
    case "tuple":
      return (written as unknown[]).map((item, i) => jsValueOf(shape.items[i] as Descriptor, item));
    case "map": {
      const entries = special.$map ?? Object.entries(written as object);
      return new Map(entries.map(([key, value]) => [jsValueOf(shape.key, key), jsValueOf(shape.value, value)]));
    }
    case "struct": {
      const object = written as Record<string, unknown>;
      return Object.fromEntries(
        shape.fields.map((field, i) => {
          const item = object[shape.names.list[i] as string];
          return [field.key, item === undefined ? null : jsValueOf(field.type, item)];
        }),
      );
    }
    case "enum": {
      if (typeof written === "string") return written;
      const [[name, payload]] = Object.entries(written as object) as [[string, unknown]];
      return { [name]: jsValueOf(shape.payloads[shape.names.index.get(name) as number] as Descriptor, payload) };
    }
    default:
      return written;
  }
}

/** The bytes of a hex text. */
export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** The hex text of bytes. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
