import { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { defaultTarget, type Target, toTransport } from "../transport/target.ts";
import type { Transport } from "../transport/transport.ts";
import { connectTransport } from "./connect.ts";
import type { Connection } from "./connection.ts";
import type { LinkOptions } from "./options.ts";

/** Options of {@link provide}. */
export interface ProvideOptions extends LinkOptions {
  /** Where to; default whoever started this worker. */
  to?: Target;
}

/**
 * Connects and gives the other side one value, which it takes with `consume` (or remoc's `ConnectExt::consume`): most
 * useful with channel halves in it. Resolves with the connection when the value was sent; it ends by itself when
 * everything in the value has ended.
 */
export async function provide<T>(type: Descriptor<T>, value: T, options: ProvideOptions = {}): Promise<Connection<T>> {
  const to = options.to ?? defaultTarget();
  if (to === undefined) {
    throw new CuttleError(
      "local_misuse",
      "provide() needs a target outside of a worker: provide(type, value, { to: port })",
    );
  }
  options.signal?.throwIfAborted();
  return await provideOver(toTransport(to), type, value, options);
}

/** As {@link provide}, over a transport that was not started. */
export async function provideOver<T>(
  transport: Transport,
  type: Descriptor<T>,
  value: T,
  options: LinkOptions,
): Promise<Connection<T>> {
  const conn = await connectTransport<T, null>(transport, { ...options, send: type });
  try {
    await conn.tx.send(value, options);
  } catch (error) {
    await conn.close();
    throw error;
  }
  conn.tx.close();
  conn.rx.drop();
  return conn;
}

/**
 * Connects and takes the one value that the other side provides. The connection ends by itself when every channel half
 * in the value has ended. Rejects as `connect` does, with `remote_closed` when the other side provides nothing, and
 * with `peer_decode` when it provides something else.
 */
export async function consume<T>(type: Descriptor<T>, target: Target, options: LinkOptions = {}): Promise<T> {
  options.signal?.throwIfAborted();
  return await consumeOver(toTransport(target), type, options);
}

/** As {@link consume}, over a transport that was not started. */
export async function consumeOver<T>(transport: Transport, type: Descriptor<T>, options: LinkOptions): Promise<T> {
  const conn = await connectTransport<null, T>(transport, { ...options, receive: type });
  try {
    const value = await conn.rx.recv();
    if (value === undefined) {
      throw new CuttleError("remote_closed", "the other side ended without providing a value");
    }
    conn.tx.close();
    conn.rx.drop();
    return value;
  } catch (error) {
    await conn.close();
    throw error;
  }
}
