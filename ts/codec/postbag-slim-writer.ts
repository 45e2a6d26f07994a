import { BlockWriter } from "./block-writer.ts";

/** Writes Postbag 0.4 Slim. */
export class PostbagSlimWriter extends BlockWriter {
  override beginStruct(count: number): void {
    this.unsigned(count);
    this.openBlock();
  }

  override endStruct(): void {
    this.closeBlock();
  }
}
