import { CuttleError } from "../errors/error.ts";
import type { Names } from "../schema/descriptor.ts";
import type { Given, Mark } from "./reader.ts";
import { type Subject, Trail } from "./trail.ts";

/** The bytes of one value from a peer, and how far they are read; formats extend it. */
export abstract class Input extends Trail {
  protected buffer: Uint8Array;
  /** The next byte to read. */
  protected pos = 0;
  /** Where the readable part ends; at most the length of `bytes`. */
  protected end: number;
  /** How many bytes were gone back over. */
  #rewound = 0;
  /** Nobody else has `buffer`: large byte arrays may be views of it. */
  ownsBytes = false;

  constructor(subject: Subject, bytes: Uint8Array) {
    super(subject);
    this.buffer = bytes;
    this.end = bytes.length;
  }

  /** Only formats that say what they are; see the reader's interface. */
  get selfDescribing(): boolean {
    return false;
  }

  /** Nothing else is read across one of them. Not for formats that change `end`. */
  set given(arrays: Given) {
    givenOf.set(this, { arrays, read: 0 });
    this.#endAtGiven(0);
  }

  mark(): Mark {
    return { pos: this.pos, depth: this.depth, state: this.state, givenRead: givenOf.get(this)?.read ?? 0 };
  }

  rewind({ pos, depth, state, givenRead }: Mark): void {
    this.#rewound += Math.max(0, this.pos - pos);
    if (this.#rewound > MAX_REWOUND * this.buffer.length)
      this.fail("it would have to be read too often to tell what it is");
    this.pos = pos;
    this.depth = depth;
    this.state = state;
    if (givenOf.has(this)) this.#endAtGiven(givenRead);
  }

  /** What a format must put back beside the place. */
  protected get state(): number {
    return 0;
  }
  protected set state(_value: number) {}

  /** Most formats have nothing around a recoverable value; see the reader's interface. */
  beginRecoverable(): boolean {
    return false;
  }
  endRecoverable(): void {}

  /** Steps over these bytes, those from `from` to `to`, if they come next. */
  protected take(expected: Uint8Array, from = 0, to: number = expected.length): boolean {
    const { buffer } = this;
    let at = this.pos;
    if (to - from > this.end - at) return false;
    for (let i = from; i < to; i++) {
      if (buffer[at++] !== expected[i]) return false;
    }
    this.pos = at;
    return true;
  }

  /** Steps over `count` bytes and returns where they begin; fails when they are not there. */
  protected advance(count: number): number {
    const start = this.pos;
    if (count > this.end - start) this.fail(`expected ${count} bytes, only ${this.end - start} are left`);
    this.pos = start + count;
    return start;
  }

  /** Steps over a given array of `count` bytes and returns it, if one stands here. */
  protected takeGiven(count: number): Uint8Array | undefined {
    const given = givenOf.get(this);
    const next = given?.arrays[given.read];
    if (given === undefined || next?.at !== this.pos || next.bytes.length !== count) return undefined;
    this.#endAtGiven(given.read + 1);
    return next.bytes;
  }

  /** Reads up to the given array behind the first `read` ones. */
  #endAtGiven(read: number): void {
    const given = givenOf.get(this) as { arrays: Given; read: number };
    given.read = read;
    this.end = given.arrays[read]?.at ?? this.buffer.length;
  }

  /** The text of the UTF-8 bytes from `start` to `end`, exactly as they are; fails when they are not UTF-8. */
  protected utf8(start: number, end: number): string {
    const codes = shortTexts[end - start];
    if (codes === undefined) return this.#longText(start, end);
    const { buffer } = this;
    // Looked at together: a branch for each character takes longer.
    let bits = 0;
    for (let i = 0; i < codes.length; i++) {
      const code = buffer[start + i] as number;
      bits |= code;
      codes[i] = code;
    }
    if (bits > 0x7f) return this.#longText(start, end);
    // A call with many arguments makes a text at once; adding up characters makes one for each.
    return String.fromCharCode.apply(null, codes);
  }

  /** The place that stands for unknown variants; fails when none does. */
  protected unknownVariant(name: string, names: Names): number {
    if (names.other !== undefined) return names.other;
    const known = names.list.slice(0, 8).join(", ");
    return this.fail(`expected one of the variants ${known}, got ${JSON.stringify(name.slice(0, 40))}`);
  }

  protected override makeError(problem: string, type: string, codec: string, cause: unknown): CuttleError {
    const hint = `The other side may use another type or another codec than ${codec}`;
    return new CuttleError("peer_decode", `cannot decode the value as ${type}: ${problem}. ${hint}`, { cause });
  }

  #longText(start: number, end: number): string {
    try {
      return decoder.decode(this.buffer.subarray(start, end));
    } catch {
      return this.fail("expected text in UTF-8, got other bytes");
    }
  }
}

/** Byte arrays that were moved here, between the bytes of `buffer`, and how many of them are read: few readers have some. */
const givenOf: WeakMap<Input, { readonly arrays: Given; read: number }> = /* @__PURE__ */ new WeakMap();

/**
 * How often all bytes may be read again. Each level of tagged enums within each other reads once what is in it, and the
 * alternatives of untagged ones multiply: without a limit a short message could take forever.
 */
const MAX_REWOUND = 256;

/** By their length the characters of short texts, for which engines have a faster way than a call into the platform. */
const shortTexts: readonly number[][] = /* @__PURE__ */ Array.from({ length: 48 }, (_, length) =>
  Array.from({ length }, () => 0),
);
const decoder: TextDecoder = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
