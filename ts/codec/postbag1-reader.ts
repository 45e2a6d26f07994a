import type { Names } from "../schema/descriptor.ts";
import { PostbagReader } from "./postbag-reader.ts";
import { NO_FIELD } from "./reader.ts";

/** Reads Postbag 1 Full. */
export class Postbag1Reader extends PostbagReader {
  protected override get isVersion1(): boolean {
    return true;
  }
  /** Whether the value that comes next is final: it runs to the end of its block. */
  #isFinal = false;

  override str(): string {
    return this.#isFinal ? this.textOf(this.end - this.pos) : super.str();
  }

  override bytes(): Uint8Array {
    return this.#isFinal ? this.copy(this.end - this.pos) : super.bytes();
  }

  override more(index: number, count: number): boolean {
    this.#isFinal = false;
    return super.more(index, count);
  }
  override element(): void {
    this.#isFinal = false;
  }
  override value(): void {
    this.#isFinal = false;
  }

  /** -1 for the fields up to the end of the block. */
  override beginStruct(): number {
    return this.#isFinal ? -1 : super.beginStruct();
  }

  override nextField(index: number, count: number, names: Names, head?: Uint8Array): number {
    if (count < 0 && this.pos >= this.end) return NO_FIELD;
    const place = super.nextField(index, count < 0 ? Number.POSITIVE_INFINITY : count, names, head);
    this.#isFinal = true;
    return place;
  }

  override variant(names: Names): number {
    const first = this.byte();
    const name = this.name(first & 0x7f);
    // Bit 7 says that the payload follows in a block.
    if (first > 0x7f) this.enterBlock();
    else this.enterUntil(this.#isFinal ? this.end : this.pos);
    return names.index.get(name) ?? this.unknownVariant(name, names);
  }

  override unitVariant(): void {
    this.leaveBlock();
  }
  override beginPayload(): void {
    this.#isFinal = true;
  }
  override endPayload(): void {
    this.leaveBlock();
  }

  protected override beginFinal(): void {
    if (this.#isFinal) this.enterUntil(this.end);
    else this.enterBlock();
    this.#isFinal = true;
  }

  /** One byte instead of an integer, so that bit 7 is an error. */
  protected override nameNumber(): number {
    return this.byte();
  }
}
