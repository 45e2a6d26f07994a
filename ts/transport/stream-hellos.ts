/** Where a Hello says that frame lengths may be varints; PROTOCOL.md section 3.1. */
const FRAME_LEN_VARINT = 34;
/** The shortest Hello. */
const HELLO_BYTES = 26;
const HELLO_BEGIN = [2, ...new TextEncoder().encode("CHMUX\0")];

/**
 * Watches for the Hellos of a byte stream: behind its own Hello each side writes frame lengths as varints when both
 * announced that. Nothing is sent between Hello and the peer's Hello, so both know by then.
 */
export class Hellos {
  #sent: boolean | undefined;
  #received: boolean | undefined;

  /** A frame that leaves. */
  sent(frame: Uint8Array): void {
    this.#sent ??= announcement(frame);
  }

  /** A frame that came. */
  received(frame: Uint8Array): void {
    this.#received ??= announcement(frame);
  }

  /** Whether lengths are varints from the next frame on. */
  get agree(): boolean {
    return this.#sent === true && this.#received === true;
  }
}

/** What a Hello announces; undefined for other frames. */
function announcement(frame: Uint8Array): boolean | undefined {
  return isHello(frame) ? (frame[FRAME_LEN_VARINT] ?? 0) !== 0 : undefined;
}

/** Whether a frame is a Hello, of whatever version. */
export function isHello(frame: Uint8Array): boolean {
  return frame.length >= HELLO_BYTES && HELLO_BEGIN.every((byte, at) => frame[at] === byte);
}
