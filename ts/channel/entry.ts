/** What goes through the queue of a channel, and who waits at its ends. */

import type { CuttleError } from "../errors/error.ts";
import type { Settle } from "../util/deferred.ts";
import type { ProgressOptions } from "../util/progress.ts";
import type { ClosedReason } from "./queue-end.ts";
import type { Taken } from "./sending.ts";

/** A value, or an error in place of one, on its way from senders to the receiver. */
export interface Entry<T> {
  readonly content: { readonly value: T } | { readonly error: CuttleError };
  /** Settles the sender's promise: at once when there was room, else when the entry is passed on. */
  readonly done: Settle<void>;
  accepted: boolean;
  /** It came from a peer: a receiver that closed still wants it. */
  readonly passed: boolean;
  /** To be called once when it leaves the queue. */
  release?: (() => void) | undefined;
  /** Those in a value that came from a peer, to be let go of when nobody takes it. */
  readonly halves?: { discard(): void } | undefined;
  /** Gives it up also after a pump took it, while it is not accepted. */
  readonly signal?: AbortSignal | undefined;
  /** Who passes the value on or takes it settles this. */
  readonly taken?: Taken | undefined;
  /** Told how much has left when it is passed on. */
  readonly onProgress?: ProgressOptions["onProgress"];
  /** When it came, among all that want room. */
  readonly ticket: number;
}

/** Who waits for the next entry. Told once, while a method of the queue runs: foreign code must not run there. */
export interface Taker<T> {
  /** The next entry, or undefined at the end. */
  taken(entry: Entry<T> | undefined): void;
  /** The end is an error. */
  takeFailed(error: CuttleError): void;
  /** So many bytes of the next value have come from a peer. */
  arriving?: ((doneBytes: number) => void) | undefined;
}

/** Brings values from a peer; told while a method of the queue runs. */
export interface Source {
  /** No more values are taken; what is under way may be. */
  queueClosed(reason: ClosedReason): void;
  /** Not even what is under way is taken. */
  queueDeaf(): void;
}

/** How a value is queued. */
export type PushOptions = ProgressOptions & { taken?: Taken };

/** What an entry is made with. */
export type EntryOptions<T> = Pick<Entry<T>, "done" | "passed" | "halves" | "signal" | "taken" | "onProgress">;

/** Of values that nobody waits for. */
export const NOBODY: Settle<void> = { resolve() {}, reject() {} };
