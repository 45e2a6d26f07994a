import { array, call, type Expression, flat } from "./expression.ts";

/** A Rust type as TypeScript says it. */
export interface Said {
  /** Its descriptor. */
  readonly descriptor: Expression;
  /** The type of its values. */
  readonly type: string;
  /** For names of what is made with it: `U32`, `VecString`. */
  readonly label: string;
  /** Its `Default::default()`, when that is known. */
  readonly zero?: string;
  /** Whether null is one of its values, so that an option of it looks different. */
  readonly nullable?: boolean;
  /** What else must be known of some types. */
  readonly as?:
    | { readonly kind: "option" | "unit" | "u8" }
    | { readonly kind: "list"; readonly of: Said }
    | { readonly kind: "map"; readonly key: Said; readonly value: Said }
    | { readonly kind: "tuple"; readonly items: readonly Said[] }
    | { readonly kind: "result"; readonly ok: Said; readonly err: Said };
}

/** One word of `t`. */
export function word(name: string, type: string, label: string, zero?: string): Said {
  return { descriptor: `t.${name}`, type, label, ...(zero === undefined ? {} : { zero }) };
}

/** `()`. */
export const unit: Said = { ...word("unit", "null", "Unit", "null"), nullable: true, as: { kind: "unit" } };

/** serde's bytes. */
export const bytes: Said = word("bytes", "Uint8Array", "Bytes", "new Uint8Array()");

/** `Option`. */
export function option(of: Said): Said {
  return {
    descriptor: call("t.option", of.descriptor),
    type: of.nullable ? `{ some: ${of.type} } | null` : `${inUnion(of.type)} | null`,
    label: `Option${of.label}`,
    zero: "null",
    nullable: true,
    as: { kind: "option" },
  };
}

/** `Vec`, and slices; of bytes when they are `u8`. */
export function list(of: Said): Said {
  const bytes = of.as?.kind === "u8";
  return {
    descriptor: bytes ? "t.byteVec" : call("t.vec", of.descriptor),
    type: bytes ? "Uint8Array" : `${inArray(of.type)}[]`,
    label: `Vec${of.label}`,
    zero: bytes ? "new Uint8Array()" : "[]",
    as: { kind: "list", of },
  };
}

/** A tuple. */
export function tuple(items: readonly Said[]): Said {
  if (items.length === 0) return unit;
  const zeros = items.map(({ zero }) => zero);
  return {
    descriptor: call("t.tuple", ...items.map(({ descriptor }) => descriptor)),
    type: flat(array(items.map(({ type }) => type))),
    label: items.map(({ label }) => label).join(""),
    ...(zeros.includes(undefined) ? {} : { zero: `[${zeros.join(", ")}]` }),
    as: { kind: "tuple", items },
  };
}

/** `Result`. */
export function result(ok: Said, err: Said): Said {
  return {
    descriptor: call("t.result", ok.descriptor, err.descriptor),
    type: `{ Ok: ${ok.type} } | { Err: ${err.type} }`,
    label: `Result${ok.label}`,
    as: { kind: "result", ok, err },
  };
}

/** A type as it stands before `[]`. */
function inArray(type: string): string {
  return /[|&]|=>/.test(type) ? `(${type})` : type;
}

function inUnion(type: string): string {
  return type.includes("=>") ? `(${type})` : type;
}

/** What stands where nothing better is known, after a problem was told. */
export const nothing: Said = word("unit", "null", "Unknown");
