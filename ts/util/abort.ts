import { deferred } from "./deferred.ts";

/** Options of everything that can be given up. */
export interface AbortOptions {
  /** Gives the operation up; it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Calls `onAbort` with the reason when `signal` aborts before `promise` settles; resolves as `promise` does. */
export function whileNotAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  onAbort: (reason: unknown) => void,
): Promise<T> {
  return signal === undefined ? promise : listening(promise, signal, onAbort);
}

async function listening<T>(promise: Promise<T>, signal: AbortSignal, onAbort: (reason: unknown) => void): Promise<T> {
  const listener = (): void => onAbort(signal.reason);
  signal.addEventListener("abort", listener);
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", listener);
  }
}

/** As `promise`, unless `signal` aborts before: then it rejects with the reason, and the promise is no more waited for. */
export function unlessAborted<T>(promise: Promise<T>, { signal }: AbortOptions): Promise<T> {
  if (signal === undefined) return promise;
  if (signal.aborted) return Promise.reject(signal.reason);
  const result = deferred<T>();
  promise.then(result.resolve, result.reject);
  return whileNotAborted(result.promise, signal, result.reject);
}
