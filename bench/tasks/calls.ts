import { type Subject, withClient } from "./place.ts";

/** How many calls, and for how long. */
export interface CallsArgs extends Subject {
  /** One after the other. */
  sequential: number;
  /** So many milliseconds with `width` waiting for answers at any time, after a third of that to warm up. */
  parallelMs: number;
  width: number;
}

/** What they took. */
export interface CallsResult {
  /** Milliseconds of each call. */
  sequentialMs: number[];
  parallelPerSecond: number;
  /** Messages that this side sent for each call of either kind; 0 where they go another way, as over WebSocketStream. */
  sentPerCall: { sequential: number; parallel: number };
}

/** Calls, first one by one, then many at once, on one connection. Messages are counted afterwards, in calls of their own. */
export function calls(args: CallsArgs): Promise<CallsResult> {
  return withClient(args, async (client) => {
    const call = (value: number): Promise<void> => checked(client, value);
    await many(1, args.sequential / 5, call);
    const sequentialMs: number[] = [];
    await many(1, args.sequential, async (value) => {
      const start = performance.now();
      await call(value);
      sequentialMs.push(performance.now() - start);
    });
    await perSecond(args.width, args.parallelMs / 3, call);
    const parallelPerSecond = await perSecond(args.width, args.parallelMs, call);
    const sentPerCall = {
      sequential: (await countSends(() => many(1, COUNTED_CALLS, call))) / COUNTED_CALLS,
      parallel: (await countSends(() => many(args.width, COUNTED_CALLS, call))) / COUNTED_CALLS,
    };
    return { sequentialMs, parallelPerSecond, sentPerCall };
  });
}

const COUNTED_CALLS = 640;

async function checked(client: { call(value: number): Promise<number> }, value: number): Promise<void> {
  const answer = await client.call(value);
  if (answer !== value) throw new Error(`the answer to ${value} was ${answer}`);
}

/** Calls numbered from 0, `width` of them at a time. */
export async function many(width: number, count: number, call: (value: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await call(next++);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/** Calls for so many milliseconds, `width` of them at a time: the same for all, since an engine takes its time to compile. */
async function perSecond(width: number, ms: number, call: (value: number) => Promise<void>): Promise<number> {
  const start = performance.now();
  let [next, now] = [0, start];
  const lane = async (): Promise<void> => {
    while (now < start + ms) {
      await call(next++);
      now = performance.now();
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return (next / (now - start)) * 1000;
}

/** The messages that this realm sends while `body` runs, over WebSockets, to workers and over ports. */
async function countSends(body: () => Promise<void>): Promise<number> {
  let count = 0;
  const undo = carriers().map(([owner, name]) => {
    const original = Reflect.get(owner, name) as (...args: unknown[]) => unknown;
    Reflect.set(owner, name, function counted(this: unknown, ...args: unknown[]) {
      // A message to oneself, for a task of one's own, carries null.
      if (args[0] !== null) count += 1;
      return original.apply(this, args);
    });
    return () => Reflect.set(owner, name, original);
  });
  await body().finally(() => {
    for (const restore of undo) restore();
  });
  return count;
}

function carriers(): [owner: object, name: string][] {
  const sockets: [object, string][] = [[WebSocket.prototype, "send"]];
  if (typeof Worker === "undefined") return sockets;
  return [...sockets, [Worker.prototype, "postMessage"], [MessagePort.prototype, "postMessage"]];
}
