import { PositionalWriter } from "./positional-writer.ts";

/** Writes Postcard 1; Postbag adds to it. */
export class VarintWriter extends PositionalWriter {
  protected override unsigned(value: number): void {
    let rest = value;
    for (; rest > 0x7fffffff; rest = Math.floor(rest / 128)) this.byte((rest % 128) | 128);
    for (; rest > 127; rest >>= 7) this.byte((rest & 127) | 128);
    this.byte(rest);
  }

  protected override bigUnsigned(value: bigint): void {
    let rest = value;
    for (; rest > Number.MAX_SAFE_INTEGER; rest >>= 49n) {
      let groups = Number(rest & 0x1ffffffffffffn);
      for (let i = 0; i < 7; i++) {
        this.byte((groups % 128) | 128);
        groups = Math.floor(groups / 128);
      }
    }
    this.unsigned(Number(rest));
  }
}
