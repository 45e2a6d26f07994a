/** The bare carrier: one message a number, the least that can do the tasks. Both ends. */

import { BULK_BYTES } from "./rival.ts";

/** A WebSocket or a worker, as far as it is used. */
export interface Carrier {
  /** Sends the bytes, whose buffer is given away. */
  send(bytes: Uint8Array<ArrayBuffer>): void;
  /** Resolves when more bulk may be sent. */
  room(): Promise<void>;
  /** Called by the receiver for each bulk message. */
  took(): void;
}

/** The first byte of a message; behind it a number in four bytes, or anything. */
export const Kind = {
  /** To be sent back. */
  call: 0,
  /** To be answered with its length. */
  upload: 1,
  /** Nothing to be done. */
  note: 2,
  /** To be sent back, as a sign that all before it has come. */
  mark: 3,
  /** So many notes are wanted. */
  pull: 4,
  /** Nothing to be done; 64 KiB. */
  bulk: 5,
  /** So many bulk messages are wanted. */
  pullBulk: 6,
} as const;

/** A message with a number. */
export function message(kind: number, value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(5);
  bytes[0] = kind;
  new DataView(bytes.buffer).setUint32(1, value);
  return bytes;
}

/** The number in a message. */
export function numberIn(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
}

/** Does what a message asks of the server. */
export async function answerRaw(bytes: Uint8Array<ArrayBuffer>, carrier: Carrier): Promise<void> {
  const kind = bytes[0];
  if (kind === Kind.call || kind === Kind.mark) carrier.send(bytes);
  else if (kind === Kind.upload) carrier.send(message(Kind.upload, bytes.length - 1));
  else if (kind === Kind.bulk) carrier.took();
  else if (kind === Kind.pull) await sendNotes(numberIn(bytes), carrier);
  else if (kind === Kind.pullBulk) await sendRawBulk(numberIn(bytes), carrier);
}

/** Sends `count` notes; looks for room now and then, as a program has to. */
export async function sendNotes(count: number, carrier: Carrier): Promise<void> {
  for (let value = 0; value < count; value += 1) {
    carrier.send(message(Kind.note, value));
    if (value % 1_000 === 999) await carrier.room();
  }
}

/** Sends `count` messages of 64 KiB in buffers of their own, as far as there is room. */
export async function sendRawBulk(count: number, carrier: Carrier): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) {
    const bytes = new Uint8Array(BULK_BYTES);
    bytes[0] = Kind.bulk;
    carrier.send(bytes);
    await carrier.room();
  }
}
