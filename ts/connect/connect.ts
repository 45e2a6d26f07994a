import { BaseReceiver, BaseSender, openBase } from "../channel/base.ts";
import type { Link } from "../channel/half.ts";
import { postbag } from "../codec/postbag.ts";
import { CuttleError } from "../errors/error.ts";
import { Mux } from "../mux/mux.ts";
import type { Port } from "../mux/port.ts";
import { coreSettings, DEFAULT_HANDSHAKE_TIMEOUT_MS, portCapabilities, VALUE_CAPABILITIES } from "../mux/settings.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { unit } from "../schema/scalars.ts";
import { batching } from "../transport/batching.ts";
import { type Target, toTransport } from "../transport/target.ts";
import type { Transport } from "../transport/transport.ts";
import { systemClock } from "../util/clock.ts";
import { Connection } from "./connection.ts";
import { type ConnectOptions, itemBytes, type LinkOptions } from "./options.ts";

/**
 * Connects to a target: a URL, a path on this origin, a WebSocket, a Worker, a MessagePort or a transport. The other
 * side is any remoc or cuttle endpoint that connects too; there is no client and no server from here on.
 *
 * Resolves when both base channels are open. Rejects with `transport_connect`, `peer_not_remoc`,
 * `peer_handshake_timeout`, `peer_incompatible`, `local_wasm_blocked` or the abort reason; then the transport is closed.
 */
export async function connect<Tx = null, Rx = null>(
  target: Target,
  options: ConnectOptions<Tx, Rx> = {},
): Promise<Connection<Tx, Rx>> {
  options.signal?.throwIfAborted();
  // Before anything is awaited: a worker's messages are lost while nobody listens.
  return await connectTransport(toTransport(target), options);
}

/** As {@link connect}, over a transport that was not started. */
export async function connectTransport<Tx = null, Rx = null>(
  transport: Transport,
  options: ConnectOptions<Tx, Rx> = {},
): Promise<Connection<Tx, Rx>> {
  const { mux, outgoing, incoming } = await establish(transport, options);
  const maxItemBytes = itemBytes(options);
  const link: Link = { mux, codec: options.codec ?? postbag, maxItemBytes };
  const send = (options.send ?? unit) as Descriptor<Tx>;
  const receive = (options.receive ?? unit) as Descriptor<Rx>;
  return new Connection(
    mux,
    mux.peer,
    new BaseSender(outgoing, link, send, maxItemBytes),
    new BaseReceiver(incoming, link, receive, maxItemBytes),
  );
}

/** Says Hello over a transport and opens the base channel. Resolves and rejects as {@link connect}. */
export async function establish(
  transport: Transport,
  options: LinkOptions,
): Promise<{ mux: Mux; outgoing: Port; incoming: Port }> {
  const {
    clock = systemClock,
    seed = randomSeed(),
    signal,
    handshakeTimeoutMs = DEFAULT_HANDSHAKE_TIMEOUT_MS,
    capabilities = [...portCapabilities(transport), ...VALUE_CAPABILITIES],
  } = options;
  const startedAt = clock.now();
  const carrier = transport.gathers === true ? batching(transport) : transport;
  const mux = await Mux.open(
    carrier,
    { settings: coreSettings({ ...options, capabilities }, transport), clock, seed, tap: options.trace },
    signal,
  );
  const onAbort = (): void => mux.fail(CuttleError.from(signal?.reason, "local_closed", "connecting was aborted"));
  signal?.addEventListener("abort", onAbort);
  // It may have come after the Hello and before this.
  if (signal?.aborted) onAbort();
  const remainingMs = handshakeTimeoutMs - (clock.now() - startedAt);
  const cancelTimer = handshakeTimeoutMs > 0 ? clock.timer(remainingMs, () => mux.fail(noBaseError())) : undefined;
  try {
    const ports = await openBase(mux);
    signal?.throwIfAborted();
    return { mux, ...ports };
  } catch (error) {
    // The peer may have refused the base channel on a connection that is alive.
    mux.fail(CuttleError.from(error));
    signal?.throwIfAborted();
    throw error;
  } finally {
    cancelTimer?.();
    signal?.removeEventListener("abort", onAbort);
  }
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

function noBaseError(): CuttleError {
  return new CuttleError(
    "peer_handshake_timeout",
    "the other side speaks remoc but did not open its base channel in time. It must call one of remoc's connect " +
      "functions, or raise handshakeTimeoutMs",
  );
}
