import type { Names } from "../schema/descriptor.ts";
import { LONG_NAME, NUMBERED_NAME } from "./postbag-format.ts";

/** What a format has before the value of a field of this name, in one piece; undefined where it has none or a rare one. */
export type FieldHead = (name: string) => Uint8Array | undefined;

/** For each format what it has before the fields, in their order; made once. */
export function fieldHeads({ list }: Names): (make: FieldHead) => readonly (Uint8Array | undefined)[] {
  const made = new Map<FieldHead, readonly (Uint8Array | undefined)[]>();
  // Programs use one format, most of them.
  let last: FieldHead | undefined;
  let heads: readonly (Uint8Array | undefined)[] = [];
  return (make) => {
    if (make !== last) {
      heads = made.get(make) ?? list.map(make);
      made.set(make, heads);
      last = make;
    }
    return heads;
  };
}

/** With a comma, which the first field does not have. */
export const jsonHead: FieldHead = (name) => encoder.encode(`,${JSON.stringify(name)}:`);

/** With its length in the first byte. */
export const cborHead: FieldHead = (name) => shortHead(0x60, name, 23);

/** As {@link cborHead}. */
export const messagePackHead: FieldHead = (name) => shortHead(0xa0, name, 31);

/** With a byte that is kept free for the length of the block behind it. */
export const postbagHead: FieldHead = (name) =>
  NUMBERED_NAME.test(name) ? undefined : shortHead(0, name, LONG_NAME - 1, 0);

/** Of formats without names. */
export const noHead: FieldHead = () => undefined;

/** A name after a byte of `marker` and its length, before what is `behind` it; undefined when it is longer than `maxLength` bytes. */
function shortHead(marker: number, name: string, maxLength: number, ...behind: number[]): Uint8Array | undefined {
  const bytes = encoder.encode(name);
  return bytes.length > maxLength ? undefined : Uint8Array.of(marker | bytes.length, ...bytes, ...behind);
}

const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();
