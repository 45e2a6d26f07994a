import { BlockWriter } from "./block-writer.ts";
import { shortHead } from "./field-head.ts";
import { LONG_NAME, NUMBERED_NAME } from "./postbag-format.ts";
import type { FieldHead } from "./writer.ts";

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
    return fieldHead;
  }

  override field(name: string, _index: number, head?: Uint8Array): void {
    if (head === undefined) {
      this.name(name);
      this.openBlock();
    } else {
      this.few(head);
      this.enterBlock();
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

/** With the byte that is kept free for the length of the block behind it. */
function fieldHead(name: string): Uint8Array | undefined {
  return NUMBERED_NAME.test(name) ? undefined : shortHead(0, name, LONG_NAME - 1, 0);
}

const UNDERSCORE = 0x5f;
