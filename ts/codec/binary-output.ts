import { Output } from "./output.ts";

/** What the writers of all binary formats share. */
export abstract class BinaryOutput extends Output {
  // A getter, because a field would cost time for each value.
  get humanReadable(): boolean {
    return false;
  }

  /** What stands before a text of so many bytes. */
  protected abstract textHead(length: number): void;

  /** A text after its head. */
  protected counted(value: string): void {
    const start = this.len;
    // Right when the text is ASCII.
    this.textHead(value.length);
    const from = this.len;
    this.text(value);
    const to = this.len;
    const length = to - from;
    if (length === value.length) return;
    // Writing the head at the end shows how long it is.
    this.textHead(length);
    const end = start + (this.len - to) + length;
    this.buffer.copyWithin(end - length, from, to);
    this.len = start;
    this.textHead(length);
    this.len = end;
  }
}
