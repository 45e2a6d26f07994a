import type { Descriptor, EnumShape, FieldDescriptor, Shape } from "./descriptor.ts";

/**
 * A short Rust-like text of the type for messages, for instance `struct CountReq { up_to: u32, seq_tx:
 * mpsc.sender<u32> }`. Parts beyond a few levels and fields are shortened to `…`; never longer than a few lines.
 */
export function describe(descriptor: Descriptor, levels = 2): string {
  const shape = descriptor as Shape | FieldDescriptor;
  const inner = (part: Descriptor): string => describe(part, levels - 1);
  switch (shape.kind) {
    case "unit":
    case "unitStruct":
      return "()";
    case "int":
    case "bigint":
    case "form":
      return shape.name;
    case "byteVec":
      return "Vec<u8>";
    case "lazy":
      return levels > 0 ? inner(shape.resolve()) : "…";
    case "owned":
      return inner(shape.long);
    case "mapped":
      return shape.name;
    case "flat": {
      const parts = list(shape.members, levels, ({ key, type, place }) => {
        return place < 0 ? `..${inner(type)}` : `${shape.own.names.list[place] ?? key}: ${inner(type)}`;
      });
      return `struct ${shape.name ? `${shape.name} ` : ""}{ ${parts} }`;
    }
    case "internal":
    case "adjacent":
      return `enum { ${variants(shape, levels, inner)} }`;
    case "untagged":
      return `one of ${list(shape.variants, levels, inner)}`;
    case "newtype":
    case "recoverable":
    case "default":
      return inner(shape.inner);
    case "option":
      return `Option<${inner(shape.inner)}>`;
    case "seq":
      return `Vec<${inner(shape.item)}>`;
    case "set":
      return `Set<${inner(shape.item)}>`;
    case "array":
      return `[${inner(shape.item)}; ${shape.len}]`;
    case "tuple":
      return `(${list(shape.items, levels, inner)})`;
    case "map":
    case "record":
      return `Map<${inner(shape.key)}, ${inner(shape.value)}>`;
    case "struct": {
      const { names } = shape;
      const fields = list(shape.fields, levels, (field, i) => `${names.list[i]}: ${inner(field.type)}`);
      return `struct ${shape.name ? `${shape.name} ` : ""}{ ${fields} }`;
    }
    case "enum":
      return `enum ${shape.name ? `${shape.name} ` : ""}{ ${variants(shape, levels, inner)} }`;
    case "transported":
      return shape.item === null ? shape.name : `${shape.name}<${inner(shape.item)}>`;
    default:
      return shape.kind;
  }
}

function variants(
  { names, payloads }: Pick<EnumShape, "names" | "payloads">,
  levels: number,
  inner: (part: Descriptor) => string,
): string {
  return list(payloads, levels, (payload, i) => names.list[i] + (payload ? `(${inner(payload)})` : ""));
}

/** How many fields, items or variants are named before the rest is left out. */
const MAX_PARTS = 8;

function list<P>(parts: readonly P[], levels: number, text: (part: P, index: number) => string): string {
  if (levels <= 0 && parts.length > 0) return "…";
  const shown = parts.slice(0, MAX_PARTS).map(text);
  return parts.length > MAX_PARTS ? `${shown.join(", ")}, …` : shown.join(", ");
}
