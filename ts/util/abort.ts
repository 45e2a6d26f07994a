/** Options of everything that can be given up. */
export interface AbortOptions {
  /** Gives the operation up; it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Calls `onAbort` with the reason when `signal` aborts before `promise` settles; resolves as `promise` does. */
export async function whileNotAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  onAbort: (reason: unknown) => void,
): Promise<T> {
  if (signal === undefined) return await promise;
  const listener = (): void => onAbort(signal.reason);
  signal.addEventListener("abort", listener);
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", listener);
  }
}
