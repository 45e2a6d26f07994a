/**
 * What two cuttle transports tell each other over a port, because a port has no `bufferedAmount`.
 *
 * The first message of each side is the announcement: bytes that a plain remoc peer skips, as it skips everything
 * before Hello. Having received it, a side posts the number of frame bytes it has received so far, as a JavaScript
 * number, after every {@link ACK_EVERY_BYTES}. It is a number and not a frame because a payload frame may hold any
 * bytes, so no sequence of bytes could be told apart from one.
 */

/** How often the receiver acknowledges. A sender may have more than this in flight, else it would wait for ever. */
export const ACK_EVERY_BYTES: number = 64 * 1024;

/** Identifier, "cuttle", version. */
const HEAD: readonly number[] = [0xf0, 0x63, 0x75, 0x74, 0x74, 0x6c, 0x65, 1];
/** A lock's name is a UUID with a prefix. */
const MAX_NAME_BYTES = 64;

/** The first message of this side; `lockName` is ASCII. */
export function announcement(lockName: string | undefined): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(lockName ?? "");
  const frame = new Uint8Array(HEAD.length + name.length);
  frame.set(HEAD);
  frame.set(name, HEAD.length);
  return frame;
}

/** What the other side announced; undefined when `frame` is something else. */
export function readAnnouncement(frame: Uint8Array): { lockName: string | undefined } | undefined {
  if (frame.length < HEAD.length || frame.length > HEAD.length + MAX_NAME_BYTES) return undefined;
  if (HEAD.some((byte, at) => frame[at] !== byte)) return undefined;
  const name = new TextDecoder().decode(frame.subarray(HEAD.length));
  return { lockName: name === "" ? undefined : name };
}
