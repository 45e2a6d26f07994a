/** Tokens for objects that never leave their program; remoc's `robj::handle`. */

import type { HalfCodec } from "../channel/half.ts";
import * as mpsc from "../channel/mpsc.ts";
import { markers } from "../channel/shapes.ts";
import { CuttleError } from "../errors/error.ts";
import type { Mux } from "../mux/mux.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { numberedStruct } from "../schema/numbered.ts";
import { transported } from "../schema/transported.ts";
import { asyncDispose } from "../util/dispose.ts";
import { enclosedChannel, enclosedClone } from "./enclosed.ts";

/** The object of a handle, as long as there is one. */
interface Slot<T> {
  object: { readonly value: T } | undefined;
}

/** What a handle from a peer is known by. */
interface Origin {
  readonly id: string;
  /** The owner keeps its entry until all of these are gone. */
  readonly dropped: mpsc.Sender<null>;
}

/**
 * Stands for an object of one program. It can be sent anywhere, any number of times; only where the object lives can it
 * be turned back into the object. The owner keeps the object for a peer until that peer, and whoever it passed the
 * handle to, has let go: dispose of handles that came from a peer.
 */
export class Handle<T> {
  readonly #slot: Slot<T> | undefined;
  readonly #origin: Origin | undefined;

  private constructor(slot: Slot<T> | undefined, origin: Origin | undefined) {
    this.#slot = slot;
    this.#origin = origin;
  }

  /** A handle for an object of this program. */
  static of<T>(value: T): Handle<T> {
    return new Handle<T>({ object: { value } }, undefined);
  }

  /** Whether {@link value} can be had here. */
  get isLocal(): boolean {
    return this.#slot?.object !== undefined;
  }

  /** The object. Throws `local_misuse` where it does not live, and when it was taken out or let go of. */
  get value(): T {
    const object = this.#slot?.object;
    if (object !== undefined) return object.value;
    throw new CuttleError(
      "local_misuse",
      "this handle stands for no object here: it lives in another program, or was let go of",
      { data: { kind: "Unknown" } },
    );
  }

  /** Takes the object out: all handles for it, wherever they are, stand for nothing from now on. */
  take(): T {
    const { value } = this;
    if (this.#slot !== undefined) this.#slot.object = undefined;
    return value;
  }

  /** Lets go of a handle that came from a peer. */
  drop(): void {
    this.#origin?.dropped.close();
  }

  /** As {@link drop}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.drop();
  }

  /** @internal */
  static embed(handle: Handle<unknown>, mux: Mux): { id: string; dropped_tx: mpsc.Sender<null> } {
    const origin = handle.#origin;
    if (origin !== undefined) return { id: origin.id, dropped_tx: enclosedClone(origin.dropped) };
    const id = crypto.randomUUID();
    const [dropped_tx, dropped_rx] = enclosedChannel<null>(t.unit, { capacity: 1 });
    const entries = entriesOf(mux);
    entries.set(id, handle.#slot as Slot<unknown>);
    void dropped_rx
      .recv()
      .catch(() => undefined)
      .then(() => {
        entries.delete(id);
        dropped_rx.drop();
      });
    return { id, dropped_tx };
  }

  /** @internal */
  static receive<T>(id: string, dropped: mpsc.Sender<null>, mux: Mux, kind: Class<T>): Handle<T> {
    const slot = entriesOf(mux).get(id);
    if (slot?.object !== undefined && !(slot.object.value instanceof kind)) {
      dropped.close();
      throw new CuttleError("peer_decode", `the peer sent a handle for something else than a ${kind.name}`, {
        data: { kind: "MismatchedType" },
      });
    }
    return new Handle<T>(slot as Slot<T> | undefined, { id, dropped });
  }
}

type Class<T> = abstract new (...args: never[]) => T;

const fields = { id: t.uuid, dropped_tx: /* @__PURE__ */ mpsc.sender(t.unit) };
const shape = /* @__PURE__ */ numberedStruct("Handle", fields, { long: { ...fields, ...markers } });

/** Describes handles for instances of a class: `t.handle(Session)`. A peer that sends one for another object is refused. */
export function handle<T>(kind: Class<T>): Descriptor<Handle<T>> {
  const options: HalfCodec<typeof shape> = {
    embed(value, embedding) {
      if (!(value instanceof Handle)) throw new CuttleError("local_encode", `expected a Handle of a ${kind.name}`);
      return Handle.embed(value, embedding.link.mux);
    },
    receive: ({ id, dropped_tx }, receiving) => Handle.receive(id, dropped_tx, receiving.link.mux, kind),
  };
  return transported<Handle<T>>({ name: `Handle<${kind.name}>`, shape, options });
}

/** Objects that the peer of a connection has handles for. An id means nothing on another connection. */
const stores: WeakMap<Mux, Map<string, Slot<unknown>>> = /* @__PURE__ */ new WeakMap();

function entriesOf(mux: Mux): Map<string, Slot<unknown>> {
  const known = stores.get(mux);
  if (known !== undefined) return known;
  const made = new Map<string, Slot<unknown>>();
  stores.set(mux, made);
  return made;
}
