/** Tabs of one origin that talk to each other directly; a shared worker only introduces them. */

import { CuttleError } from "../errors/error.ts";
import { deferred } from "../util/deferred.ts";
import { holdLifeLock, watchLifeLockHere } from "./life-lock.ts";
import type { EventTargetLike } from "./listen.ts";
import { acceptClients } from "./service-worker.ts";

/** What a tab tells the worker: whom it waits for, and the lock that it holds meanwhile. */
interface Wish {
  readonly meet: string;
  readonly lockName?: string | undefined;
}

/** A tab that waits, and what ends looking whether it lives. */
interface Waiting {
  readonly port: MessagePort;
  readonly stopWatching: () => void;
}

/**
 * The whole script of a shared worker that introduces tabs to each other, see {@link meetTab}. Returns what stops it.
 * Throws `local_misuse` outside of a shared worker.
 */
export function introduceTabs(): () => void {
  const waiting = new Map<string, Waiting>();
  const leave = (name: string, port: MessagePort): void => {
    const one = waiting.get(name);
    if (one?.port !== port) return;
    one.stopWatching();
    waiting.delete(name);
  };
  const arrive = ({ meet: name, lockName }: Wish, port: MessagePort): void => {
    const other = waiting.get(name);
    if (other === undefined) {
      const stopWatching = lockName === undefined ? () => {} : watchLifeLockHere(lockName, () => leave(name, port));
      waiting.set(name, { port, stopWatching });
      return;
    }
    leave(name, other.port);
    const { port1, port2 } = new MessageChannel();
    other.port.postMessage("met", [port1]);
    port.postMessage("met", [port2]);
  };
  return acceptClients((client) => {
    const port = client as MessagePort;
    let wish: Wish | undefined;
    port.onmessage = ({ data }: MessageEvent<Wish | "leave">) => {
      if (wish !== undefined) leave(wish.meet, port);
      wish = data === "leave" ? undefined : data;
      if (wish !== undefined) arrive(wish, port);
    };
  });
}

/** The part of a `SharedWorker` that is used. */
export interface IntroducingWorker extends EventTargetLike {
  readonly port: MessagePort;
}

/**
 * Waits for another tab of this origin that calls this with the same name and a shared worker of the same script, which
 * calls {@link introduceTabs}: two tabs at a time meet. Resolves with a port to the other tab, the target of a
 * connection. `worker` is used up: make one for each call. Rejects with `transport_connect` when the worker's script
 * fails, or with the abort reason.
 *
 * ```ts
 * const worker = new SharedWorker(new URL("./tabs.ts", import.meta.url), { type: "module" });
 * const port = await meetTab(worker, "canvas");
 * ```
 */
export async function meetTab(
  worker: IntroducingWorker,
  name: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<MessagePort> {
  signal?.throwIfAborted();
  const met = deferred<MessagePort>();
  const { port } = worker;
  const onError = (event: { message?: string }): void => met.reject(scriptError(event));
  const onAbort = (): void => met.reject(signal?.reason);
  worker.addEventListener("error", onError);
  signal?.addEventListener("abort", onAbort);
  port.onmessage = ({ ports: [other] }) => other !== undefined && met.resolve(other);
  // While it is held the worker knows that this tab lives, and may be introduced to others.
  const lock = await holdLifeLock();
  try {
    port.postMessage({ meet: name, lockName: lock?.name } satisfies Wish);
    return await met.promise;
  } catch (error) {
    port.postMessage("leave");
    throw error;
  } finally {
    lock?.release();
    port.close();
    worker.removeEventListener("error", onError);
    signal?.removeEventListener("abort", onAbort);
  }
}

function scriptError({ message }: { message?: string }): CuttleError {
  return new CuttleError(
    "transport_connect",
    `the shared worker failed: ${message || "its script could not be loaded"}. It must call introduceTabs()`,
  );
}
