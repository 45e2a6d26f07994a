import { PostbagSlimWriter } from "./postbag-slim-writer.ts";

/** Writes Postbag 1 Slim: as 0.4, but values that can be stepped over stand in blocks. */
export class Postbag1SlimWriter extends PostbagSlimWriter {
  override beginRecoverable(): boolean {
    this.openBlock();
    return true;
  }

  override endRecoverable(): void {
    this.closeBlock();
  }
}
