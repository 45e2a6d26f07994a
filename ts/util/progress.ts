import type { AbortOptions } from "./abort.ts";

/** What is told of a transfer under way. */
export interface Progress {
  /** Bytes that left or came so far. */
  readonly doneBytes: number;
  /** All there will be, where that is known. */
  readonly totalBytes: number | undefined;
}

/** Options of what may move many bytes. */
export interface ProgressOptions extends AbortOptions {
  /** Called now and then with the newest state, and at the end; what it throws ends the transfer. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * A function that tells `onProgress` how many bytes are done, in a microtask of its own and only the newest state: it may
 * be called wherever foreign code must not run. `onFailure` is given what `onProgress` throws.
 */
export function progressTeller(
  onProgress: (progress: Progress) => void,
  totalBytes: number | undefined,
  onFailure: (error: unknown) => void,
): (doneBytes: number) => void {
  let newest: number | undefined;
  const tell = (): void => {
    const doneBytes = newest as number;
    newest = undefined;
    try {
      onProgress({ doneBytes, totalBytes });
    } catch (error) {
      onFailure(error);
    }
  };
  return (doneBytes) => {
    if (newest === undefined) queueMicrotask(tell);
    newest = doneBytes;
  };
}
