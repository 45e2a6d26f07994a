import { CuttleError } from "../errors/error.ts";
import { connectError } from "./connect-error.ts";
import type { Transport } from "./transport.ts";
import { type WebSocketLike, type WebSocketTransportOptions, webSocketTransport } from "./websocket.ts";

/** Options of {@link openWebSocket}. */
export interface OpenWebSocketOptions extends WebSocketTransportOptions {
  /** The class to use; default the global one. Node 20 has none: pass `WebSocket` of the `ws` package. */
  WebSocket?: new (
    url: string,
  ) => WebSocketLike;
  /** Against which a relative URL is resolved; default the page's or worker's location. */
  base?: string | URL;
}

/**
 * Opens a WebSocket to `url`, which may be relative, `http:` or `https:`, see {@link webSocketUrl}, and makes a
 * transport of it. No subprotocol is offered, because remoc servers select none and clients then fail. Connecting
 * starts at once; `start()` reports how it went. Throws `local_misuse` for a URL that cannot work and
 * `transport_connect` when the browser refuses it outright (mixed content, blocked port).
 */
export function openWebSocket(url: string | URL, options: OpenWebSocketOptions = {}): Transport {
  const { WebSocket = globalThis.WebSocket as OpenWebSocketOptions["WebSocket"], base, ...rest } = options;
  const resolved = webSocketUrl(url, base);
  if (WebSocket === undefined) {
    throw new CuttleError(
      "local_misuse",
      "this runtime has no global WebSocket (Node before 22). Install the ws package and pass its WebSocket class: " +
        'connect(new (await import("ws")).WebSocket(url)).',
    );
  }
  let socket: WebSocketLike;
  try {
    socket = new WebSocket(resolved.href);
  } catch (error) {
    throw connectError(resolved.href, error);
  }
  return webSocketTransport(socket, rest);
}

/**
 * The absolute `ws:` or `wss:` URL that `url` means: `http:` becomes `ws:`, `https:` becomes `wss:`, anything
 * relative is resolved against `base`, by default this page's or worker's location. Throws `local_misuse`.
 */
export function webSocketUrl(url: string | URL, base?: string | URL): URL {
  const against = base ?? (globalThis as { location?: { href?: string } }).location?.href;
  let resolved: URL;
  try {
    resolved = new URL(url, against);
  } catch (error) {
    const hint =
      against === undefined
        ? "Outside a page there is nothing to resolve a path against: give the whole URL, ws://host:port/path."
        : `It was resolved against ${String(against)}.`;
    throw new CuttleError("local_misuse", `${JSON.stringify(String(url))} is not a URL. ${hint}`, { cause: error });
  }
  if (resolved.protocol === "http:") resolved.protocol = "ws:";
  else if (resolved.protocol === "https:") resolved.protocol = "wss:";
  if (resolved.protocol !== "ws:" && resolved.protocol !== "wss:") {
    throw new CuttleError(
      "local_misuse",
      `a WebSocket needs a ws:, wss:, http: or https: URL, got ${JSON.stringify(resolved.protocol)} from ` +
        `${JSON.stringify(String(url))}. In a worker made from a blob: URL paths cannot be resolved: give the whole URL.`,
    );
  }
  resolved.hash = "";
  return resolved;
}
