import { Body, Field, type Flush, numberAt, type PortKey, RECORD_LEN } from "../core/core.ts";
import { CuttleError } from "../errors/error.ts";
import type { Transport } from "../transport/transport.ts";
import type { TransientMap } from "../util/transient.ts";
import type { Port } from "./port.ts";

type Tap = (frame: Uint8Array, isPayload: boolean) => void;

/**
 * Hands the frames of a flush to the transport, header and payload adjacent. Payloads are views of the bytes that
 * were lent to the ports; nothing is copied here.
 */
export function handOver(
  flush: Flush,
  transport: Transport,
  ports: TransientMap<PortKey, Port>,
  tap?: Tap,
): { frames: number; bytes: number } {
  const { records, headers, count } = flush;
  let frames = count;
  let bytes = headers.length;
  for (let at = 0; at < count * RECORD_LEN; at += RECORD_LEN) {
    const body = numberAt(records, at + Field.body);
    const offset = numberAt(records, at + Field.offset);
    const len = numberAt(records, at + Field.len);
    if (body === Body.ack) {
      transport.ack?.(len, offset);
      frames -= 1;
      continue;
    }
    const start = numberAt(records, at + Field.headerStart);
    const header = headers.subarray(start, start + numberAt(records, at + Field.headerLen));
    tap?.(header, false);
    transport.send(header);
    if (body === Body.none) continue;
    const port = ports.get(numberAt(records, at + Field.key) as PortKey);
    if (port === undefined) throw new CuttleError("bug", "the core sends on a port that does not exist");
    if (body === Body.listLast) {
      port.handleSent();
      continue;
    }
    sendPayload(port, offset, offset + len, transport, tap);
    frames += 1;
    bytes += len;
    if (body === Body.last) port.handleBytesSent();
  }
  return { frames, bytes };
}

/** A tap sees bytes that are here, so with one nothing is moved; of what was moved before it came it sees zeros. */
function sendPayload(port: Port, from: number, to: number, transport: Transport, tap: Tap | undefined): void {
  const payload = port.outgoing(from, to);
  const given = port.outgoingGiven;
  const isMoved = given?.isMoved === true;
  tap?.(isMoved ? new Uint8Array(to - from) : payload, true);
  if (given !== undefined && transport.sendGiven !== undefined && (isMoved || tap === undefined))
    transport.sendGiven(given, from, to);
  else transport.send(payload);
}
