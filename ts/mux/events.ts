import { ChunkUse, EventKind, numberAt, type PortKey, RECORD_LEN } from "../core/core.ts";
import { failureError } from "../core/failure.ts";
import { CuttleError } from "../errors/error.ts";
import type { TransientMap } from "../util/transient.ts";
import type { PortRequest } from "./inbox.ts";
import type { Port } from "./port.ts";

/** Who is told what the core says. */
export interface EventTarget {
  /** The ports that exist, by key. */
  readonly ports: TransientMap<PortKey, Port>;
  handleReady(): void;
  /** The peer uses a port that it requests already. */
  handleEarly(key: PortKey): Port;
  handleRequest(request: PortRequest): void;
  /** The port is gone; with `error` when it failed. */
  handleGone(key: PortKey, error: CuttleError | undefined): void;
  /** The peer asks for no more ports by themselves (`client`), or accepts none (`listener`). */
  handleOpeningEnd(of: "client" | "listener"): void;
  handleGoodbye(): void;
  handleEnded(): void;
  handleFailure(error: CuttleError): void;
}

/** Where payloads wait until the event that tells what they are. */
export interface PayloadSource {
  /** The payload that the chunk just told about belongs to. */
  takePayload(): Uint8Array;
}

/** Tells `target` every event in order. `detail` is what the transport said, for failures. */
export function dispatch(events: Uint32Array, target: EventTarget, payloads: PayloadSource, detail?: string): void {
  for (let at = 0; at < events.length; at += RECORD_LEN) {
    at += RECORD_LEN * handle(events, at, target, payloads, detail);
  }
}

/** Handles the event at `at`; how many of those behind it were handled with it. */
function handle(
  events: Uint32Array,
  at: number,
  target: EventTarget,
  payloads: PayloadSource,
  detail?: string,
): number {
  const key = numberAt(events, at + 1) as PortKey;
  const second = numberAt(events, at + 2);
  const third = numberAt(events, at + 3);
  switch (numberAt(events, at)) {
    case EventKind.ready:
      target.handleReady();
      break;
    case EventKind.request:
      target.handleRequest(requestAt(events, at, target));
      break;
    case EventKind.opened:
      target.ports.get(key)?.handleOpened();
      break;
    case EventKind.refused:
      target.handleGone(key, refusal(second !== 0, third !== 0));
      break;
    case EventKind.chunk:
      handleChunk(target.ports.get(key), payloads.takePayload(), second, third !== 0);
      break;
    case EventKind.portList: {
      const count = numberAt(events, at + 4);
      const requests = requestsAt(events, at + RECORD_LEN, count, target);
      const port = target.ports.get(key);
      if (second === ChunkUse.drop) port?.handleStray();
      else port?.handlePorts(requests, second === ChunkUse.start, third !== 0);
      return count;
    }
    case EventKind.sendFinished:
      target.ports.get(key)?.handleSendFinished();
      break;
    case EventKind.receiverClosed:
      target.ports.get(key)?.handleReceiverClosed();
      break;
    case EventKind.receiverFinished:
      target.ports.get(key)?.handleReceiverFinished(second !== 0);
      break;
    case EventKind.shed:
      target.ports.get(key)?.handleShed();
      break;
    case EventKind.report:
      target.ports.get(key)?.handleReport();
      break;
    case EventKind.freed:
      target.handleGone(key, undefined);
      break;
    case EventKind.goodbye:
      target.handleGoodbye();
      break;
    case EventKind.ended:
      target.handleEnded();
      break;
    case EventKind.failed:
      target.handleFailure(failureError(second, [third, numberAt(events, at + 4), numberAt(events, at + 5)], detail));
      break;
    case EventKind.listenerFinished:
      target.handleOpeningEnd("listener");
      break;
    case EventKind.clientFinished:
      target.handleOpeningEnd("client");
      break;
    default:
      break;
  }
  return 0;
}

function handleChunk(port: Port | undefined, payload: Uint8Array, use: number, last: boolean): void {
  if (use === ChunkUse.drop) port?.handleStray();
  else port?.handleChunk(payload, use === ChunkUse.start, last);
}

function requestsAt(events: Uint32Array, start: number, count: number, target: EventTarget): PortRequest[] {
  return Array.from({ length: count }, (_, index) => requestAt(events, start + index * RECORD_LEN, target));
}

function requestAt(events: Uint32Array, at: number, target: EventTarget): PortRequest {
  const key = numberAt(events, at + 4) as PortKey;
  const early = key === 0 ? undefined : target.handleEarly(key);
  return { peerPort: numberAt(events, at + 2), id: numberAt(events, at + 3), early };
}

function refusal(noPorts: boolean, unsent: boolean): CuttleError {
  if (unsent) return unsentError(undefined);
  const why = noPorts ? "it has no ports left" : "its application did not take the channel half";
  return new CuttleError("remote_rejected", `the other side refused to open the channel: ${why}`, {
    data: { noPorts },
  });
}

/** What a port fails with that was never requested. */
export function unsentError(cause: unknown): CuttleError {
  return new CuttleError("local_closed", "the value that should have carried this channel half was not sent", {
    cause,
    data: { unsent: true },
  });
}
