import { BlockWriter } from "./block-writer.ts";
import { type FieldHead, postbagHead } from "./field-head.ts";
import { LONG_NAME, NUMBERED_NAME } from "./postbag-format.ts";

/** Writes Postbag 0.4 Full. */
export class PostbagWriter extends BlockWriter {
  override get positional(): boolean {
    return false;
  }

  override get leavesOutDefaults(): boolean {
    return true;
  }

  override beginStruct(count: number): void {
    this.unsigned(count);
  }

  override get fieldHead(): FieldHead {
    return postbagHead;
  }

  override field(name: string, _index: number, head?: Uint8Array): void {
    if (head === undefined) {
      this.name(name);
      this.openBlock();
    } else {
      this.few(head);
      this.beginBlock();
    }
  }

  override endField(): void {
    this.closeBlock();
  }

  override unitVariant(name: string, _index: number): void {
    this.name(name);
  }

  protected name(name: string): void {
    // Most names are told apart from numbered ones by their first letter.
    if (name.charCodeAt(0) === UNDERSCORE && NUMBERED_NAME.test(name))
      return this.byte(LONG_NAME + 1 + Number(name.slice(1)));
    const start = this.open();
    this.text(name);
    if (this.len - start < LONG_NAME) return this.close(start);
    this.len = start - 1;
    this.byte(LONG_NAME);
    this.counted(name);
  }
}

const UNDERSCORE = 0x5f;
