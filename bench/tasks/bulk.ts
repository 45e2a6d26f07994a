import type { CuttleClient } from "../rivals/cuttle.ts";
import { BULK_BYTES } from "../rivals/rival.ts";
import { type Subject, withClient } from "./place.ts";
import { sampleUntil } from "./sampling.ts";

/** Messages of 64 KiB. */
export interface BulkArgs extends Subject {
  count: number;
  direction: "up" | "down";
  /** At once, `up` and cuttle only. */
  channels?: number;
}

/** Megabytes (10^6 bytes) per second, from the first one until all have arrived; null where the library cannot do it. */
export function bulk(args: BulkArgs): Promise<number | null> {
  return withClient(args, async (client: CuttleClient) => {
    const { channels = 1, direction } = args;
    const one = direction === "up" ? client.bulkUp : client.bulkDown;
    const move = channels > 1 ? (count: number) => client.bulkUpOver(channels, count) : one?.bind(client);
    if (move === undefined) return null;
    const count = Math.ceil(args.count / channels) * channels;
    await move(Math.ceil(count / 5 / channels) * channels);
    const start = performance.now();
    await move(count);
    return (count * BULK_BYTES) / 1000 / (performance.now() - start);
  });
}

/** Channels that are full at once, among others that are silent; cuttle only. */
export interface SharesArgs extends Subject {
  channels: number;
  busy: number;
  windowMs: number;
}

/** What came of it. */
export interface SharesResult {
  /** Bytes that the server got over each busy channel in the window. */
  bytes: number[];
  /** Milliseconds of a small call every 20 ms meanwhile. */
  callsMs: number[];
}

/** How the busy channels share the connection. */
export function shares(args: SharesArgs): Promise<SharesResult> {
  return withClient(args, async (client: CuttleClient) => {
    let bytes: number[] = [];
    const callsMs = await sampleUntil(
      async () => {
        bytes = await client.shares(args.channels, args.busy, args.windowMs);
      },
      () => client.call(1),
      20,
    );
    return { bytes, callsMs };
  });
}
