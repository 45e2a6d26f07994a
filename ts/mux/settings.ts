import { announcedIn } from "../core/capabilities.ts";
import type { Capability, CoreSettings } from "../core/core.ts";
import { CuttleError } from "../errors/error.ts";
import type { Transport } from "../transport/transport.ts";

/** What a multiplexer may use. Each is this side's own; the peer has its own. */
export interface MuxLimits {
  /** Ports open at the same time; default 8192, as in remoc 0.20. */
  ports?: number;
  /** Bytes under way towards this side on each port that nobody has read, at first; default 64 KiB. */
  portWindowBytes?: number;
  /** Bytes that the other side may make this one keep; default 16 MiB. */
  bufferedBytes?: number;
  /**
   * Largest piece in which messages are sent and received, 4 bytes to 256 KiB; default 16 KiB, and up to 64 KiB with another
   * end of cuttle where the link is fast. Less than 16 KiB holds everywhere.
   */
  chunkBytes?: number;
}

/** What makes the settings of a core. */
export interface SettingsOptions {
  /** Give up when the peer's Hello is not there by then; default 10 000. */
  handshakeTimeoutMs?: number;
  /** Fail when nothing was heard for this long; default 60 000, and the peer is told. 0 for never. */
  timeoutMs?: number;
  limits?: MuxLimits;
  /** Features of remoc 0.20 that are announced; default all that cuttle has. None: the Hello of 0.18. */
  capabilities?: readonly Capability[];
}

const MIB = 1024 * 1024;

/** Largest chunk that remoc and cuttle announce, unless another one is asked for. */
export const USUAL_CHUNK_BYTES = 16 * 1024;

/** Time in which the connection must be established. */
export const DEFAULT_HANDSHAKE_TIMEOUT_MS = 10_000;

/** The longest legal frame, a list of ports of 11 bytes for each 4 of a chunk, fits the 1 MiB of every transport. */
const MAX_CHUNK_BYTES = 256 * 1024;

/** What cuttle can do of remoc 0.20 below the values, on every transport. */
const CAPABILITIES: readonly Capability[] = ["received_report", "port_side", "pre_connect", "varint"];

/** What remoc 0.20 can do in values, all of which cuttle can in every codec. */
export const VALUE_CAPABILITIES: readonly Capability[] = ["compact_transported", "postbag_1", "postbag_allow_skip"];

/** Those of `capabilities` that are about values. */
export function ofValues(capabilities: readonly Capability[]): readonly Capability[] {
  return VALUE_CAPABILITIES.filter((name) => capabilities.includes(name));
}

/** What a Hello announces about values. */
export function ofValuesIn(hello: Uint8Array): readonly Capability[] {
  return ofValues(announcedIn(hello));
}

/** What the core is told for a connection over `transport`. Throws `local_misuse` for chunks that no transport takes. */
export function coreSettings(options: SettingsOptions, transport: Transport): CoreSettings {
  const { limits = {}, timeoutMs = 60_000, handshakeTimeoutMs = DEFAULT_HANDSHAKE_TIMEOUT_MS } = options;
  const {
    ports = 8_192,
    portWindowBytes = 64 * 1024,
    chunkBytes = USUAL_CHUNK_BYTES,
    bufferedBytes = 16 * MIB,
  } = limits;
  if (chunkBytes > MAX_CHUNK_BYTES) {
    throw new CuttleError("local_misuse", `limits.chunkBytes is ${chunkBytes}; at most ${MAX_CHUNK_BYTES} can work`);
  }
  return {
    timeoutMs,
    handshakeTimeoutMs,
    chunkBytes,
    maxSendChunkBytes: chunkBytes,
    portWindowBytes,
    // remoc's own value; of typed connections only the base ports are requested by themselves.
    connectQueue: 128,
    maxPorts: ports,
    // Enough that one task's worth is taken at once, little enough to wait for: a port moves much more in a task.
    sendQueueBytes: transport.bounded === true ? MIB : 64 * 1024,
    bufferedBytes,
    capabilities: options.capabilities ?? portCapabilities(transport),
  };
}

/** What can be announced over `transport` by whoever passes values on unread. */
export function portCapabilities(transport: Transport): readonly Capability[] {
  return transport.varintLengths ? [...CAPABILITIES, "frame_len_varint"] : CAPABILITIES;
}
