import { type Subject, withClient } from "./place.ts";

/** Numbers that are not answered. */
export interface MessagesArgs extends Subject {
  count: number;
  /** How many channels share them, where the library has channels. */
  channels: number;
  direction: "up" | "down";
}

/** Messages per second, from the first one until all have arrived; undefined where the library cannot do it. */
export function messages(args: MessagesArgs): Promise<number | null> {
  return withClient(args, async (client) => {
    const move = args.direction === "up" ? client.push : client.pull;
    if (move === undefined) return null;
    const run = (count: number): Promise<void> => move.call(client, count, args.channels);
    await run(roundTo(args.count / 5, args.channels));
    const count = roundTo(args.count, args.channels);
    const start = performance.now();
    await run(count);
    return (count / (performance.now() - start)) * 1000;
  });
}

/** Every channel gets the same number of messages. */
function roundTo(count: number, channels: number): number {
  return Math.ceil(count / channels) * channels;
}
