import type { Given } from "../transport/given.ts";
import type { AbortOptions } from "../util/abort.ts";
import type { Deferred } from "../util/deferred.ts";
import type { Outcome } from "../util/outcome.ts";
import type { Bytes } from "../util/pieces.ts";
import type { Port } from "./port.ts";
import type { Part } from "./port-stats.ts";

/** Told how many bytes of a message have left or come so far. */
export type OnProgress = (doneBytes: number) => void;

/** Options of `Port.send`. */
export interface SendOptions extends AbortOptions {
  readonly onProgress?: OnProgress | undefined;
  readonly taken?: Deferred<void> | undefined;
}

/** A message on its way out. */
export interface Outgoing {
  readonly bytes: Bytes;
  /** The bytes, when they were given away: the transport may have moved them. */
  readonly given: Given | undefined;
  readonly ports: readonly Port[];
  /** A part of a message, or a list of ports that belongs to none; else a whole message and the list behind it. */
  readonly as: Part | "list" | undefined;
  readonly done: Outcome;
  readonly onProgress: OnProgress | undefined;
  /** Settled when the peer's application took it, or never will. */
  readonly taken: Deferred<void> | undefined;
  /**
   * `backlog`: not in the core yet, behind a waiting one. `waiting`: in the core, for credits or room. `covered`: in
   * the core and as good as sent. In order there are some covered, at most one waiting, then backlog.
   */
  state: "backlog" | "waiting" | "covered";
}
