import type { Names } from "../schema/descriptor.ts";
import { BlockReader } from "./block-reader.ts";
import { type FieldHead, postbagHead } from "./field-head.ts";
import { LONG_NAME, NO_NAME } from "./postbag-format.ts";
import { NO_FIELD, UNKNOWN_FIELD } from "./reader.ts";

/** Reads Postbag 0.4 Full. */
export class PostbagReader extends BlockReader {
  override beginStruct(): number {
    return this.unsigned(64);
  }

  override get fieldHead(): FieldHead {
    return postbagHead;
  }

  override nextField(index: number, count: number, names: Names, head?: Uint8Array): number {
    if (index >= count) return NO_FIELD;
    const isNext = head !== undefined && this.take(head, 0, head.length - 1);
    const place = isNext ? index : (names.index.get(this.name(this.nameNumber())) ?? UNKNOWN_FIELD);
    this.enterBlock();
    return place;
  }

  override endField(): void {
    this.leaveBlock();
  }
  override skipField(): void {
    this.leaveBlock();
  }

  override variant(names: Names): number {
    const name = this.name(this.nameNumber());
    return names.index.get(name) ?? this.unknownVariant(name, names);
  }

  /** What a name begins with: its length or what it says. */
  protected nameNumber(): number {
    return this.unsigned(64);
  }

  /** The name that begins with this number. */
  protected name(number: number): string {
    if (number >= NO_NAME) this.fail(`expected a name, got number ${number}`);
    if (number > LONG_NAME) return `_${number - LONG_NAME - 1}`;
    return this.textOf(number === LONG_NAME ? this.unsigned(64) : number);
  }
}
