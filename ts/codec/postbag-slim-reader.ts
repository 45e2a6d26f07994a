import { BlockReader } from "./block-reader.ts";

/** Reads Postbag 0.4 Slim: the fields of a struct are told apart by their place; it may have more or fewer at its end. */
export class PostbagSlimReader extends BlockReader {
  override beginStruct(): number {
    const count = this.unsigned(64);
    this.enterBlock();
    return count;
  }

  override endStruct(): void {
    this.leaveBlock();
  }
}
