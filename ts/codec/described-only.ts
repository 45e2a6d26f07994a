import { CuttleError } from "../errors/error.ts";
import { misuse } from "../schema/build.ts";
import type { DecodeContext } from "./codec.ts";
import type { Mark, Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** What flattened fields and enums without a place for their variant have in common. */

const HINT = "only JSON, CBOR and MessagePack can carry it, because it is read by looking ahead";

/** Refuses to write what readers could not tell from the bytes alone. */
export function mustDescribe(writer: Writer, what: string): void {
  if (!writer.selfDescribing) writer.fail(`this codec cannot carry ${what}: ${HINT}`);
}

/** Refuses to read it: nobody at the other side is at fault. */
export function mustBeDescribed(reader: Reader, what: string): void {
  if (!reader.selfDescribing) throw misuse(`this codec cannot carry ${what}: ${HINT}`);
}

/**
 * What `read` returns, or undefined when it cannot read what is there; then the reader is back at `mark`. A failure after
 * a half was received is one of the whole value, because only the caller of everything can give halves back.
 */
export function attempt<T>(
  reader: Reader,
  mark: Mark,
  context: DecodeContext,
  read: (context: DecodeContext) => T,
): { value: T } | undefined {
  let hasHalves = false;
  const watched: DecodeContext = {
    ...context,
    receive(descriptor, plain) {
      hasHalves = true;
      return context.receive(descriptor, plain);
    },
  };
  try {
    return { value: read(watched) };
  } catch (error) {
    if (hasHalves || !CuttleError.is(error, "peer_decode")) throw error;
    reader.rewind(mark);
    return undefined;
  }
}
