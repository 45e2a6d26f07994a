import { announcedIn } from "../core/capabilities.ts";
import { NumberReader } from "./number-reader.ts";

/**
 * Header frames in words, one line each, as PROTOCOL.md section 3 names them. Made for one direction of one connection:
 * which form numbers have is known from the Hellos.
 */
export class FrameText {
  /** What was said in the Hello of this direction, once it came. */
  #announcesVarint = false;
  readonly #peer: () => FrameText | undefined;

  /** `peer` describes the other direction. */
  constructor(peer: () => FrameText | undefined) {
    this.#peer = peer;
  }

  /** Whether the Hello of this direction announced numbers in LEB128. */
  get announcesVarint(): boolean {
    return this.#announcesVarint;
  }

  /** One line; says so when the frame is none. */
  describe(header: Uint8Array): string {
    const [id] = header;
    const name = id === undefined ? undefined : NAMES[id];
    if (id === undefined || name === undefined) return `no message: ${hex(header)}`;
    if (id === HELLO) return this.#hello(header);
    const varint = this.#announcesVarint && (this.#peer()?.announcesVarint ?? false);
    const reader = new NumberReader(header, 1, varint);
    const fields = FIELDS[id]?.(reader) ?? "";
    return reader.failed ? `${name}, cut short: ${hex(header)}` : `${name}${fields && ` ${fields}`}`;
  }

  #hello(frame: Uint8Array): string {
    if (frame.length < SHORT_HELLO) return `Hello, cut short: ${hex(frame)}`;
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    this.#announcesVarint = frame[VARINT_AT] === 1;
    const announced = announcedIn(frame);
    const text =
      `Hello version ${frame[7]}, timeout ${view.getBigUint64(8, true)} ms, chunks of ${view.getUint32(16, true)}, ` +
      `window ${view.getUint32(20, true)}, ${view.getUint16(24, true)} requests`;
    return announced.length === 0 ? text : `${text}, ${announced.join(" ")}`;
  }
}

const HELLO = 2;
const SHORT_HELLO = 26;
const VARINT_AT = 33;

/** By id; those of a name alone have no entry in {@link FIELDS}. */
const NAMES: Readonly<Record<number, string>> = {
  1: "Reset",
  2: "Hello",
  3: "Ping",
  4: "OpenPort",
  5: "PortOpened",
  6: "Rejected",
  7: "Data",
  8: "PortData",
  9: "PortCredits",
  10: "SendFinish",
  11: "ReceiveClose",
  12: "ReceiveFinish",
  13: "ClientFinish",
  14: "ListenerFinish",
  15: "Goodbye",
  16: "GlobalCredits",
  17: "GlobalCreditsReport",
  18: "InhibitGlobal",
  19: "AllowGlobal",
  20: "RequestReceivedReport",
  21: "ReceivedReport",
  22: "PortCredits",
  23: "InhibitGlobal",
  24: "AllowGlobal",
};

/** The sender's own number is told by a star: of the others the receiver knows which port is meant. */
const FIELDS: Readonly<Record<number, (reader: NumberReader) => string>> = {
  4: (r) => {
    const [port, flags] = [r.number(), r.byte()];
    return words(`${port}*`, flags & 2 && `id ${r.number()}`, flags & 1 && "waits", flags & 4 && "in use already");
  },
  5: (r) => {
    const [port, here] = [r.number(), r.number()];
    return words(`${port}`, r.flags() & 1 ? "under that number" : `here ${here}*`);
  },
  6: (r) => words(`${r.number()}`, r.byte() & 1 && "for want of ports"),
  7: (r) => {
    const [port, flags] = [r.number(), r.byte()];
    const pool = flags & 4 ? "from the pool" : flags & 8 && `${r.number()} from the pool`;
    return words(named(port, flags & 16), flags & 1 && "first", flags & 2 && "last", pool);
  },
  8: portData,
  9: (r) => words(`${r.number()}`, `+${r.number()}`),
  10: finish,
  11: finish,
  12: finish,
  16: (r) => words(`+${r.number()}`, `#${r.byte()}`),
  17: (r) => words(`${r.number()}`, `least ${r.number()}`, `#${r.byte()}`),
  18: (r) => `${r.number()}`,
  19: (r) => `${r.number()}`,
  20: finish,
  21: finish,
  22: (r) => words(`${r.number()}*`, `+${r.number()}`),
  23: (r) => `${r.number()}*`,
  24: (r) => `${r.number()}*`,
};

function finish(r: NumberReader): string {
  const port = r.number();
  return named(port, r.flags() & 1);
}

function portData(r: NumberReader): string {
  const [port, flags] = [r.number(), r.byte()];
  const entries: string[] = [];
  while (!r.isAtEnd && !r.failed) {
    const asked = r.number();
    const id = flags & 8 ? r.number() : asked;
    const early = flags & 32 ? r.byte() & 1 : flags & 64;
    entries.push(`${asked}*${id === asked ? "" : ` (id ${id})`}${early ? " in use already" : ""}`);
  }
  return words(named(port, flags & 16), flags & 1 && "first", flags & 2 && "last", `requests ${entries.join(", ")}`);
}

function named(port: number, isSenders: number): string {
  return isSenders ? `${port}*` : `${port}`;
}

function words(...parts: (string | number | false)[]): string {
  return parts.filter((part) => typeof part === "string").join(", ");
}

/** The first bytes of a frame in hexadecimal. */
export function hex(bytes: Uint8Array, max = 32): string {
  const shown = Array.from(bytes.subarray(0, max), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return bytes.length > max ? `${shown} …` : shown;
}
