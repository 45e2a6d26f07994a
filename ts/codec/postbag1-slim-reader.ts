import { PostbagSlimReader } from "./postbag-slim-reader.ts";

/** Reads Postbag 1 Slim. */
export class Postbag1SlimReader extends PostbagSlimReader {
  protected override get isVersion1(): boolean {
    return true;
  }
}
