/** Whatever has DOM-style events: `WebSocket`, `MessagePort`, `Worker`, a worker's `self`. */
export interface EventTargetLike {
  // biome-ignore lint/suspicious/noExplicitAny: the one type that both DOM's and ws' overloads are assignable to.
  addEventListener(type: string, listener: (event: any) => void): void;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  removeEventListener(type: string, listener: (event: any) => void): void;
}

/** Whatever has Node-style events: `Worker` of `node:worker_threads`, a `Duplex`. */
export interface EmitterLike {
  // biome-ignore lint/suspicious/noExplicitAny: Node's own declaration.
  on(type: string, listener: (...args: any[]) => void): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  off(type: string, listener: (...args: any[]) => void): unknown;
}

/** The listeners one transport has added, so that closing it removes every one of them. */
export class Listeners {
  #removers: (() => void)[] = [];

  /** Listens on a DOM-style target until {@link Listeners.removeAll}. */
  // biome-ignore lint/suspicious/noExplicitAny: the event's shape is checked by the listener.
  onTarget(target: EventTargetLike, type: string, listener: (event: any) => void): void {
    target.addEventListener(type, listener);
    this.#removers.push(() => target.removeEventListener(type, listener));
  }

  /** Listens on a Node-style emitter until {@link Listeners.removeAll}. */
  // biome-ignore lint/suspicious/noExplicitAny: the arguments are checked by the listener.
  onEmitter(emitter: EmitterLike, type: string, listener: (...args: any[]) => void): void {
    emitter.on(type, listener);
    this.#removers.push(() => emitter.off(type, listener));
  }

  /** Removes all of them; calling it again does nothing. */
  removeAll(): void {
    for (const remove of this.#removers.splice(0)) remove();
  }
}

/**
 * Listener that stays on an emitter whose other listeners are gone: an `error` that nobody hears would end a Node
 * process.
 */
export function ignoreError(): void {}
