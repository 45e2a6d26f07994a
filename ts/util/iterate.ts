/** What can be iterated: values until `undefined`, and a way to stop. */
interface Source<T> {
  recv(): Promise<T | undefined>;
  drop(): void;
}

/** Iterates the values of `source` until the end; leaving the loop drops it. */
export async function* iterate<T>(source: Source<T>): AsyncGenerator<T, void, undefined> {
  try {
    for (;;) {
      const value = await source.recv();
      if (value === undefined) return;
      yield value;
    }
  } finally {
    source.drop();
  }
}
