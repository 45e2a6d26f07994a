import { CuttleError } from "../errors/error.ts";
import { type DataChannelLike, dataChannelTransport } from "./data-channel.ts";
import type { EventTargetLike } from "./listen.ts";
import { type MessagePortLike, messagePortTransport } from "./message-port.ts";
import { type ServiceWorkerLike, serviceWorkerTransport } from "./service-worker.ts";
import type { Transport } from "./transport.ts";
import { type WebSocketLike, webSocketTransport } from "./websocket.ts";
import { openWebSocket } from "./websocket-open.ts";

/** A `SharedWorker`: its port carries the frames, its own `error` event says that the script failed. */
export interface SharedWorkerLike extends EventTargetLike {
  /** The port to the worker. */
  readonly port: MessagePortLike;
}

/**
 * A worker's `self` as TypeScript sees it where it knows pages only: as a `Window`. A real window is refused, because
 * messages between windows need an origin.
 */
export interface WorkerSelf extends EventTargetLike {
  readonly self: object;
  // biome-ignore lint/suspicious/noExplicitAny: DOM's own declaration.
  postMessage(message: any): void;
}

/**
 * What can be connected to: a URL (`ws:`, `wss:`, `http:`, `https:` or a path on this origin), a WebSocket, a worker, a
 * shared worker, a service worker, a message port, a worker's `self`, an RTC data channel, or a transport of one's own.
 */
export type Target =
  | string
  | URL
  | WebSocketLike
  | MessagePortLike
  | SharedWorkerLike
  | ServiceWorkerLike
  | WorkerSelf
  | DataChannelLike
  | Transport;

/** Options that apply to every transport made from a target. */
export interface TargetOptions {
  /** Largest frame accepted; default 1 MiB. */
  maxFrameBytes?: number;
}

/**
 * The transport for a target, which belongs to it from now on. A transport is returned as it is. Throws
 * `local_misuse` for what is not a target, and what {@link openWebSocket} throws.
 */
export function toTransport(target: Target, options: TargetOptions = {}): Transport {
  if (typeof target === "string" || target instanceof URL) return openWebSocket(target, options);
  if (typeof target !== "object" || target === null) throw notATargetError(`a ${typeof target}`);
  refuseKnownOthers(target);
  if (isTransport(target)) return target;
  if (isDataChannel(target)) return dataChannelTransport(target, options);
  if (isWebSocket(target)) return webSocketTransport(target, options);
  if (isServiceWorker(target)) return serviceWorkerTransport(target, options);
  if (isPort(target)) return messagePortTransport(target, options);
  if (isSharedWorker(target)) return messagePortTransport(target.port, { ...options, starter: target });
  throw notATargetError("an object that has neither postMessage nor the shape of a WebSocket");
}

/**
 * Whoever started this worker, or undefined outside a dedicated worker. Node's `parentPort` is not found here,
 * because browsers cannot import it.
 */
export function defaultTarget(): MessagePortLike | undefined {
  const scope = globalThis as unknown as Partial<MessagePortLike> & {
    DedicatedWorkerGlobalScope?: abstract new () => unknown;
    Bun?: { isMainThread?: boolean };
  };
  const isDedicated =
    typeof scope.DedicatedWorkerGlobalScope === "function" && scope instanceof scope.DedicatedWorkerGlobalScope;
  const isBunWorker = scope.Bun?.isMainThread === false;
  if (!isDedicated && !isBunWorker) return undefined;
  return typeof scope.postMessage === "function" ? (scope as MessagePortLike) : undefined;
}

/** Things that look like a port or a socket and are not. Of a foreign window only `window` may be touched. */
function refuseKnownOthers(target: object): void {
  if ((target as { window?: unknown }).window === target) {
    throw notATargetError(
      "a window. Messages between windows need an explicit origin: windowTransport(window, { origin })",
    );
  }
  if (typeof BroadcastChannel === "function" && target instanceof BroadcastChannel) {
    throw notATargetError(
      "a BroadcastChannel, which has any number of other sides. For two tabs there are meetTab() and introduceTabs()",
    );
  }
  if (typeof (target as { pipe?: unknown }).pipe === "function") {
    throw notATargetError("a Node stream. Take connect, provide and consume of cuttle/node, which know streams");
  }
}

function isTransport(target: object): target is Transport {
  return has(target, "start") && has(target, "capacity") && has(target, "send") && has(target, "flush");
}

function isDataChannel(target: object): target is DataChannelLike {
  const { readyState } = target as { readyState?: unknown };
  return typeof readyState === "string" && "bufferedAmount" in target && has(target, "send");
}

function isWebSocket(target: object): target is WebSocketLike {
  const { readyState } = target as { readyState?: unknown };
  return (
    typeof readyState === "number" && has(target, "send") && has(target, "close") && has(target, "addEventListener")
  );
}

function isPort(target: object): target is MessagePortLike {
  return has(target, "postMessage") && (has(target, "addEventListener") || has(target, "on"));
}

function isServiceWorker(target: object): target is ServiceWorkerLike {
  return "scriptURL" in target && "state" in target && has(target, "postMessage");
}

function isSharedWorker(target: object): target is SharedWorkerLike {
  const { port } = target as { port?: unknown };
  return typeof port === "object" && port !== null && isPort(port) && has(target, "addEventListener");
}

function has(target: object, method: string): boolean {
  return typeof (target as Record<string, unknown>)[method] === "function";
}

function notATargetError(what: string): CuttleError {
  return new CuttleError(
    "local_misuse",
    `cannot connect to ${what}. A target is a URL, a path on this origin, a WebSocket, a Worker, a SharedWorker, a ` +
      "ServiceWorker, a MessagePort, an RTCDataChannel, or an object with the methods of Transport.",
  );
}
