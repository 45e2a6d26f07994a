/**
 * Noticing the death of the other side of a port (decision D7): no browser tells that a tab or worker is gone, but
 * the Web Lock it held is granted to whoever asks next, measured 1 to 109 ms later. Works where both sides share an
 * origin and a storage partition; elsewhere nothing happens here.
 */

/** A lock that this side holds. */
export interface LifeLock {
  /** To be told to the other side. */
  readonly name: string;
  /** Gives it back, which looks like a death to the other side. */
  release(): void;
  /**
   * Gives it back once the other side asks for it, at the latest after a moment: a lock that was never seen held
   * looks like one of another origin. For the end of a connection whose other side announced a lock, too.
   */
  releaseOnceWatched(): void;
}

/** How often to look for the other side's request; Chromium answers one query in about 0.3 ms. */
const WATCH_QUERIES = 50;

/** Takes a lock of a new random name; undefined where there are no locks or the page may not use them. */
export async function holdLifeLock(): Promise<LifeLock | undefined> {
  const locks = lockManager();
  if (locks === undefined) return undefined;
  const name = `cuttle-life-${crypto.randomUUID()}`;
  return new Promise((resolve) => {
    const held = (): Promise<void> =>
      new Promise((release) => {
        resolve({ name, release, releaseOnceWatched: () => void untilWatched(locks, name).then(release, release) });
      });
    locks.request(name, held).catch(() => resolve(undefined));
  });
}

async function untilWatched(locks: LockManager, name: string): Promise<void> {
  for (let query = 0; query < WATCH_QUERIES; query++) {
    const { pending = [] } = await locks.query();
    if (pending.some((request) => request.name === name)) return;
  }
}

/**
 * Calls `died` once when the lock `name` becomes free. Does nothing when it is free already: then its holder lives
 * in another origin or partition, and its lock cannot be seen from here. Messages posted before the death may still
 * arrive after the call. Returns the end of the watch.
 */
export function watchLifeLock(name: string, died: () => void): () => void {
  return watch(name, died, async (locks) => locks.request(name, { ifAvailable: true }, (lock) => lock === null));
}

/**
 * As {@link watchLifeLock} for a holder that is known to be of this origin, whose lock is seen: when it is free already,
 * the holder is gone.
 */
export function watchLifeLockHere(name: string, died: () => void): () => void {
  return watch(name, died, async () => true);
}

/** Waits for the lock if `isHeld`. */
function watch(name: string, died: () => void, isHeld: (locks: LockManager) => Promise<boolean>): () => void {
  const locks = lockManager();
  if (locks === undefined || !name.startsWith("cuttle-life-")) return () => {};
  const stop = new AbortController();
  const waiting = async (): Promise<void> => {
    if (!(await isHeld(locks)) || stop.signal.aborted) return;
    await locks.request(name, { signal: stop.signal }, () => {});
    if (!stop.signal.aborted) died();
  };
  waiting().catch(() => {});
  return () => stop.abort();
}

function lockManager(): LockManager | undefined {
  return (globalThis.navigator as { locks?: LockManager } | undefined)?.locks;
}
