import { BlockWriter } from "./block-writer.ts";
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

  override field(name: string, _index: number, bytes?: Uint8Array): void {
    this.name(name, bytes);
    this.openBlock();
  }

  override endField(): void {
    this.closeBlock();
  }

  override unitVariant(name: string, _index: number): void {
    this.name(name);
  }

  protected name(name: string, bytes?: Uint8Array): void {
    // Most names are told apart from numbered ones by their first letter.
    if (name.charCodeAt(0) === UNDERSCORE && NUMBERED_NAME.test(name))
      return this.byte(LONG_NAME + 1 + Number(name.slice(1)));
    if (bytes !== undefined && bytes.length < LONG_NAME) {
      this.byte(bytes.length);
      return this.few(bytes);
    }
    const start = this.open();
    this.text(name);
    if (this.len - start < LONG_NAME) return this.close(start);
    this.len = start - 1;
    this.byte(LONG_NAME);
    this.counted(name);
  }
}

const UNDERSCORE = 0x5f;
