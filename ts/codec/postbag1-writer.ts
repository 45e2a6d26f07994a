import { PostbagWriter } from "./postbag-writer.ts";

/** Writes Postbag 1 Full: as 0.4, but payloads stand in blocks, and what ends with its block has no length. */
export class Postbag1Writer extends PostbagWriter {
  /** Whether the value that comes next is final: it runs to the end of its block. */
  #isFinal = false;

  override str(value: string): void {
    if (this.#isFinal) this.text(value);
    else super.str(value);
  }

  override bytes(value: Uint8Array): void {
    if (this.#isFinal) this.raw(value);
    else super.bytes(value);
  }

  override element(): void {
    this.#isFinal = false;
  }
  override key(): void {
    this.#isFinal = false;
  }
  override value(): void {
    this.#isFinal = false;
  }

  override beginStruct(count: number): void {
    if (!this.#isFinal) super.beginStruct(count);
  }

  override field(name: string, index: number, head?: Uint8Array): void {
    super.field(name, index, head);
    this.#isFinal = true;
  }

  override beginVariant(name: string, _index: number, isEmpty: boolean): void {
    const start = this.len;
    this.name(name);
    if (!isEmpty && !this.#isFinal) (this.buffer[start] as number) |= PAYLOAD;
    this.#begin(isEmpty);
  }

  override endVariant(): void {
    this.closeBlock();
  }

  override beginRecoverable(): boolean {
    this.#begin(false);
    return true;
  }

  override endRecoverable(): void {
    this.closeBlock();
  }

  /** Begins a final value, in a block unless it is empty or ends with the block around it. */
  #begin(isEmpty: boolean): void {
    if (isEmpty || this.#isFinal) this.openNoBlock();
    else this.openBlock();
    this.#isFinal = true;
  }
}

/** The bit of the first byte of the name of a variant that says that its payload follows in a block. */
const PAYLOAD = 0x80;
