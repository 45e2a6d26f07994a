import { CuttleError } from "../errors/error.ts";
import { FrameReader, type LengthOrder, lengthBytes } from "./stream-frames.ts";
import { Hellos } from "./stream-hellos.ts";

/** Both directions of a byte stream as frames behind their lengths, whose form changes when the Hellos agree on that. */
export class StreamFraming {
  readonly #order: LengthOrder;
  readonly #reader: FrameReader;
  readonly #hellos = new Hellos();

  constructor(maxFrameBytes: number, order: LengthOrder) {
    this.#order = order;
    this.#reader = new FrameReader(maxFrameBytes, order);
  }

  /** What goes before a frame that is sent now, or with `joined` the frame behind it, copied. */
  headOf(frame: Uint8Array, joined: boolean): Uint8Array<ArrayBuffer> {
    const form = this.#hellos.agree ? "varint" : this.#order;
    const head = lengthBytes(frame.byteLength, form, joined ? frame.byteLength : 0);
    if (joined) head.set(frame, head.byteLength - frame.byteLength);
    this.#hellos.sent(frame);
    this.#reader.varint = this.#hellos.agree;
    return head;
  }

  /** Gives the frames that are whole now to `deliver`, which says whether to go on. Returns what is wrong with them. */
  received(chunk: Uint8Array, deliver: (frame: Uint8Array) => boolean): CuttleError | undefined {
    this.#reader.push(chunk);
    for (;;) {
      const next = this.#reader.next();
      if (next === undefined || next instanceof CuttleError) return next;
      this.#hellos.received(next);
      this.#reader.varint = this.#hellos.agree;
      if (!deliver(next)) return undefined;
    }
  }

  /** What is wrong with an end of the stream at this place: it is inside a frame. */
  endedInside(reason: string): CuttleError | undefined {
    const missing = this.#reader.missingBytes;
    if (missing === 0) return undefined;
    return new CuttleError("transport_lost", `${reason} inside a frame: ${missing} bytes of it are missing.`);
  }
}
