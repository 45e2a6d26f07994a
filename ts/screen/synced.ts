import type { AnyLive } from "./source.ts";

/**
 * Resolves with the collection when its first content is complete; rejects with the error of a mirror that failed
 * before. The same promise for each call, so that it can be waited for while rendering.
 */
export function synced<C extends AnyLive>(collection: C): Promise<C> {
  const known = promises.get(collection) as Promise<C> | undefined;
  if (known !== undefined) return known;
  const promise = new Promise<C>((resolve, reject) => {
    const isSettled = (): boolean => {
      if (collection.isComplete) resolve(collection);
      else if (collection.error !== undefined) reject(collection.error);
      else return false;
      return true;
    };
    if (isSettled()) return;
    const stop = collection.listen("all", () => {
      if (isSettled()) stop();
    });
  });
  promise.catch(() => {}); // Whoever waits is told.
  // React looks for these, and need not wait for what is there.
  if (collection.isComplete) Object.assign(promise, { status: "fulfilled", value: collection });
  promises.set(collection, promise);
  return promise;
}

/** Of each collection that was asked for. */
const promises: WeakMap<AnyLive, Promise<AnyLive>> = new WeakMap();
