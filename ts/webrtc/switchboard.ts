/** Signalling over connections that both sides have already, for instance to one server. */

import * as mpsc from "../channel/mpsc.ts";
import { CuttleError } from "../errors/error.ts";
import { anything } from "../plain/halves.ts";
import { RemoteObject } from "../remote/mark.ts";
import type { Remote } from "../remote/types.ts";
import type { DataChannelLike } from "../transport/data-channel.ts";
import { type DirectOptions, openDataChannel, type SignalMessage } from "./direct.ts";

/** One side's place in a meeting. */
export interface Place {
  readonly initiator: boolean;
  /** To the other side. */
  readonly tx: mpsc.Sender<SignalMessage>;
  /** From the other side. */
  readonly rx: mpsc.Receiver<SignalMessage>;
}

interface Waiting {
  readonly resolve: (place: Place) => void;
}

/** How many may wait for somebody at once. */
const MAX_WAITING = 10_000;

/**
 * Joins two visitors who name the same place; to be provided by a server to its clients. It only passes on what they
 * tell each other. Who may meet whom is decided by who knows the name: use one that cannot be guessed, or check it in a
 * subclass.
 */
export class Switchboard extends RemoteObject {
  readonly #waiting: Map<string, Waiting> = new Map();

  /** Waits for the second visitor of `name`; `signal` gives up. */
  meet(name: string, signal?: AbortSignal): Promise<Place> {
    const other = this.#waiting.get(name);
    if (other !== undefined) {
      this.#waiting.delete(name);
      const [toOther, fromMe] = mpsc.channel<SignalMessage>(anything as never);
      const [toMe, fromOther] = mpsc.channel<SignalMessage>(anything as never);
      other.resolve({ initiator: false, tx: toMe, rx: fromMe });
      return Promise.resolve({ initiator: true, tx: toOther, rx: fromOther });
    }
    if (this.#waiting.size >= MAX_WAITING) throw new CuttleError("remote_rejected", "too many wait for somebody");
    return new Promise((resolve, reject) => {
      const waiting = { resolve };
      this.#waiting.set(name, waiting);
      signal?.addEventListener("abort", () => {
        if (this.#waiting.get(name) === waiting) this.#waiting.delete(name);
        reject(signal.reason);
      });
    });
  }
}

/**
 * Opens a data channel to whoever else calls this with the same name on the same {@link Switchboard}: the target of a
 * connection that goes directly from one to the other. Rejects as {@link openDataChannel}.
 *
 * ```ts
 * const channel = await openDirect(server.switchboard, secretName);
 * await using friend = await consume<Friend>(channel);
 * ```
 */
export async function openDirect(
  switchboard: Pick<Remote<Switchboard>, "meet">,
  name: string,
  options: DirectOptions = {},
): Promise<DataChannelLike> {
  options.signal?.throwIfAborted();
  // The switchboard keeps listening to the signal that it is given. With one of this meeting alone, nothing of it stays
  // on the caller's, which may live longer and be given to many.
  const given = new AbortController();
  const abort = (): void => given.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", abort);
  try {
    const { initiator, tx, rx } = await switchboard.meet(name, given.signal);
    try {
      return await openDataChannel({ initiator, send: (message) => tx.send(message), messages: rx }, options);
    } finally {
      tx.close();
      rx.drop();
    }
  } finally {
    options.signal?.removeEventListener("abort", abort);
  }
}
