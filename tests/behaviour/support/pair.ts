import { expect } from "vitest";
import { connectTransport } from "../../../ts/connect/connect.ts";
import { type Codec, type Connection, type Descriptor, json, type LinkOptions, postbag, t } from "../../../ts/index.ts";
import { type Carriers, carriers, type Kind } from "./carriers.ts";
import { VirtualClock } from "./clock.ts";
import { outcome, quiet, turns, until } from "./wait.ts";

/** How values become bytes in the behaviour suites. */
export const CODECS: readonly Codec[] = [postbag, json];

/** What {@link withPair} connects. */
export interface PairOptions<AtoB, BtoA> {
  /** What `a` sends and `b` receives; default `t.unit`. */
  toB?: Descriptor<AtoB>;
  /** What `b` expects of `a` when that is something else. */
  bReceives?: Descriptor<AtoB>;
  /** What `b` sends and `a` receives; default `t.unit`. */
  toA?: Descriptor<BtoA>;
  /** Options of both ends. */
  both?: LinkOptions;
  /** Options of `b` in place of those. */
  b?: LinkOptions;
  /** The carriers, in place of fresh ones of the kind. */
  below?: Carriers;
  /** The test leaves channels open on purpose: they are not waited for before the connection is closed. */
  leavesOpen?: boolean;
  /** The test ends the connection in a way that is an error. */
  fails?: boolean;
}

/** What the connection beside an attacked one carries. */
export const PAIR_TYPE: Descriptor<string> = t.str;

/** Two connected ends. */
export interface Pair<AtoB, BtoA> {
  readonly a: Connection<AtoB, BtoA>;
  readonly b: Connection<BtoA, AtoB>;
  readonly clock: VirtualClock;
  /** Breaks the connection without a word. */
  cut(): void;
  /** Waits until nothing is under way in either direction. */
  quiet(): Promise<void>;
}

/** Windows and chunks so small that a message of 30 bytes is cut and has to wait. */
export const TINY: LinkOptions = { limits: { portWindowBytes: 64, chunkBytes: 16 } };

/**
 * Connects two real ends, runs the test, waits until its channels have ended, closes both ends, and checks that
 * nothing is left: no ports, no timers, no buffered bytes, no unhandled rejections, and `closed` settled as expected.
 */
export async function withPair<AtoB = null, BtoA = null>(
  kind: Kind,
  codec: Codec,
  options: PairOptions<AtoB, BtoA>,
  test: (pair: Pair<AtoB, BtoA>) => Promise<void>,
): Promise<void> {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => {
    unhandled.push(reason);
  };
  process.on("unhandledRejection", onUnhandled);
  try {
    await connected(kind, codec, options, test);
    await turns(2);
  } finally {
    process.off("unhandledRejection", onUnhandled);
  }
  expect(unhandled.map(String), "unhandled rejections").toEqual([]);
}

async function connected<AtoB, BtoA>(
  kind: Kind,
  codec: Codec,
  options: PairOptions<AtoB, BtoA>,
  test: (pair: Pair<AtoB, BtoA>) => Promise<void>,
): Promise<void> {
  const clock = new VirtualClock();
  const toB = options.toB ?? (t.unit as Descriptor as Descriptor<AtoB>);
  const toA = options.toA ?? (t.unit as Descriptor as Descriptor<BtoA>);
  const below = options.below ?? (await carriers(kind));
  const common = { codec, clock, ...options.both };
  const [a, b] = await Promise.all([
    connectTransport<AtoB, BtoA>(below.a, { ...common, send: toB, receive: toA, seed: 100 }),
    connectTransport<BtoA, AtoB>(below.b, {
      ...common,
      ...options.b,
      send: toA,
      receive: options.bReceives ?? toB,
      seed: 200,
    }),
  ]);
  const pair: Pair<AtoB, BtoA> = { a, b, clock, cut: below.cut, quiet: () => quiet(a as never, b as never) };
  try {
    await test(pair);
    if (options.fails === true) await Promise.all([a, b].map((end) => outcome(end.closed as Promise<unknown>)));
    else if (options.leavesOpen !== true) await channelsEnded(pair);
  } finally {
    await Promise.all([a.close(), b.close()]);
    await below.dispose();
  }
  await assertNothingLeft(pair, options.fails === true);
}

/** Both ends keep at most the two ports of the base channels. */
async function channelsEnded(pair: Pair<never, never> | Pair<unknown, unknown>): Promise<void> {
  const { a, b } = pair;
  const ends = [a, b] as const;
  await until(
    () => ends.every((end) => end.stats().ports <= 2 && end.stats().bufferedBytes === 0),
    () => `all channels ended (ports: ${ends.map((end) => end.stats().ports)})`,
  );
}

async function assertNothingLeft(pair: Pair<unknown, unknown> | Pair<never, never>, fails: boolean): Promise<void> {
  const { a, b, clock } = pair;
  for (const end of [a, b]) {
    const closed = await outcome(end.closed as Promise<unknown>);
    expect(Object.keys(closed), "how the connection ended").toEqual([fails ? "error" : "value"]);
    expect(end.state).toBe("closed");
    expect(end.stats()).toMatchObject({ ports: 0, bufferedBytes: 0 });
  }
  expect(clock.timers, "timers left").toBe(0);
}

/** Sends one value from one end to the other, which takes it: with tiny windows neither can wait for the other. */
export async function pass<T>(
  from: { readonly tx: { send(value: T): Promise<void> } },
  to: { readonly rx: { recv(): Promise<T | undefined> } },
  value: T,
): Promise<T> {
  const sending = from.tx.send(value);
  const [got] = await Promise.all([to.rx.recv(), sending]);
  if (got === undefined) throw new Error("the channel ended instead of bringing the value");
  return got;
}
