import { CuttleError } from "../errors/error.ts";

/** Buffers that {@link transfer} made: still to be sent, or sent; and those that were moved here. */
const states: WeakMap<ArrayBufferLike, "marked" | "sent" | "received"> = /* @__PURE__ */ new WeakMap();

/** Whether {@link transfer} was ever called: until then no message need be looked up. */
let isUsed = false;

/**
 * Gives bytes away: moves them, without a copy, into an array that may be sent once, and leaves `bytes` and everything
 * else that uses its buffer empty (detached). Between two ends of cuttle over a MessagePort (workers, ports, windows) such
 * an array of 64 KiB to 16 MiB that fills its buffer is then not copied on its way, be it a message of a `bin` channel or
 * anywhere inside a value: the receiver gets this very memory. In values with a descriptor that holds for codecs that
 * write bytes in one stretch (CBOR, MessagePack, Postcard, Bincode). Everywhere else the array is sent as any other one.
 * Throws `local_misuse` for memory that cannot be moved: of WebAssembly, shared, detached before, or of Node's pool of
 * small buffers.
 */
export function transfer(bytes: Uint8Array | ArrayBuffer): Uint8Array<ArrayBuffer> {
  const isView = ArrayBuffer.isView(bytes);
  const { byteLength } = bytes;
  const byteOffset = isView ? bytes.byteOffset : 0;
  const buffer = moved(isView ? bytes.buffer : bytes);
  states.set(buffer, "marked");
  isUsed = true;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function moved(buffer: ArrayBufferLike & { transfer?(): ArrayBuffer }): ArrayBuffer {
  try {
    // The same, and a tenth of the time where engines have it.
    if (buffer.transfer !== undefined) return buffer.transfer();
    return structuredClone(buffer as ArrayBuffer, { transfer: [buffer as ArrayBuffer] });
  } catch (cause) {
    throw new CuttleError(
      "local_misuse",
      `these bytes cannot be given away: ${String(cause)}. Send them without transfer(), or a copy`,
      { cause },
    );
  }
}

/** Bytes of a message that were given away: a transport may move their buffer, and tells of it here. */
export class Given {
  /** Empty once their buffer was moved. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What they had at first. */
  readonly length: number;
  #whenLetGo: (() => void) | undefined;

  private constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
    this.length = bytes.length;
  }

  /** The bytes if they were given away and fill their buffer, which is then taken for sent; undefined for others. */
  static take(bytes: object): Given | undefined {
    if (!isUsed || !(bytes instanceof Uint8Array) || !Given.isMarked(bytes)) return undefined;
    states.set(bytes.buffer, "sent");
    return new Given(bytes as Uint8Array<ArrayBuffer>);
  }

  /** Whether {@link Given.take} would have them. */
  static isMarked({ buffer, length }: Uint8Array): boolean {
    return states.get(buffer) === "marked" && length === buffer.byteLength;
  }

  /** The buffer of these bytes was moved here. */
  static receive({ buffer }: Uint8Array): void {
    states.set(buffer, "received");
  }

  /** Whether their buffer was moved here, and has nothing else. */
  static isReceived({ buffer }: Uint8Array): boolean {
    return states.get(buffer) === "received";
  }

  /** Whether they were taken before: their buffer may be gone at any time. */
  static wasSent(bytes: object): boolean {
    return isUsed && bytes instanceof Uint8Array && states.get(bytes.buffer) === "sent";
  }

  /** Whether the buffer is no longer here. */
  get isMoved(): boolean {
    return this.#whenLetGo !== undefined;
  }

  /** The transport moves the buffer; `whenLetGo` is called if not all of it is sent. */
  move(whenLetGo: () => void): void {
    this.#whenLetGo = whenLetGo;
  }

  /** No more of it is sent. */
  letGo(): void {
    this.#whenLetGo?.();
  }
}
