import { type Subject, withClient } from "./place.ts";
import { sampleUntil } from "./sampling.ts";

/** A large value and small calls beside it. */
export interface LatencyArgs extends Subject {
  uploadBytes: number;
  /** A call is made this often, whether the ones before it were answered or not. */
  everyMs: number;
  idleCalls: number;
}

/** What they took, in milliseconds. */
export interface LatencyResult {
  idleMs: number[];
  /** Calls that were made while the value was on its way. */
  loadedMs: number[];
  uploadMs: number;
}

/** Calls on an idle connection, then beside the upload of one value. */
export function latency(args: LatencyArgs): Promise<LatencyResult> {
  return withClient(args, async (client) => {
    const idleMs: number[] = [];
    for (let value = 0; value < args.idleCalls; value += 1) {
      const start = performance.now();
      await client.call(value);
      idleMs.push(performance.now() - start);
    }
    const bytes = new Uint8Array(args.uploadBytes);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = at * 31;
    const start = performance.now();
    let uploadMs = 0;
    const loadedMs = await sampleUntil(
      async () => {
        const length = await client.upload(bytes);
        if (length !== bytes.length) throw new Error(`${length} of ${bytes.length} bytes arrived`);
        uploadMs = performance.now() - start;
      },
      () => client.call(1),
      args.everyMs,
    );
    return { idleMs, loadedMs, uploadMs };
  });
}
