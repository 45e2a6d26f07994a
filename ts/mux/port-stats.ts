import type { Core, PortKey } from "../core/core.ts";

/** Which part of a message bytes are. */
export interface Part {
  /** They begin it. */
  readonly first: boolean;
  /** They end it. */
  readonly last: boolean;
}

/** Why what was given to a port has not left. */
export type PortWait =
  /** The peer has not accepted the port. */
  | "answer"
  /** The peer has not read what was sent before, and lets no more come. */
  | "credit"
  /** Others are sent first, or the transport takes nothing. */
  | "turn";

/** A port as it stands. */
export interface PortStats {
  /** The number by which the peer names it. */
  readonly port: number;
  /** Messages that have not left, and their bytes. */
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  /** Bytes that the peer lets come now. */
  readonly creditBytes: number;
  /** Bytes that came and that the program has not taken: the peer waits for this side. */
  readonly unreadBytes: number;
  /** Why the oldest message waits; undefined when none does. */
  readonly waitsFor: PortWait | undefined;
}

/** What a port knows of itself. */
interface Known {
  readonly queuedMessages: number;
  /** What the core was not told of: the rest of a message that it has a part of, and those behind. */
  readonly restBytes: number;
  readonly backlog: Iterable<{ readonly bytes: { readonly length: number }; readonly restBytes: number }>;
  readonly isOpen: boolean;
}

/** How a port stands, by what it and the core know. */
export function portStats(
  port: { readonly key: PortKey; readonly number: number; readonly bufferedBytes: number },
  core: Core,
  { queuedMessages, restBytes, backlog, isOpen }: Known,
): PortStats {
  const { creditBytes, queuedBytes } = core.creditOf(port.key);
  let waitingBytes = queuedBytes + restBytes;
  for (const { bytes, restBytes: behind } of backlog) waitingBytes += bytes.length + behind;
  const reason = isOpen ? (creditBytes === 0 ? "credit" : "turn") : "answer";
  return {
    port: port.number,
    queuedMessages,
    queuedBytes: waitingBytes,
    creditBytes,
    unreadBytes: port.bufferedBytes,
    waitsFor: queuedMessages === 0 ? undefined : reason,
  };
}
