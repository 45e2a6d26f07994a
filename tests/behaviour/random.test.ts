import { expect, test } from "vitest";
import { CuttleError, type LinkOptions, mpsc, t } from "../../ts/index.ts";
import { memoryPair } from "../../ts/transport/memory.ts";
import { type Carriers, carriers } from "./support/carriers.ts";
import { CODECS, pass, withPair } from "./support/pair.ts";
import { outcome, turns, until } from "./support/wait.ts";

/**
 * Random sends, receives, closes and drops on many channels in both directions, against a model that is a list per
 * channel: nothing is lost, duplicated, reordered or changed, and everything ends. A failing seed is printed;
 * `CUTTLE_SEED=<seed> npx vitest run --project 'unit*' tests/behaviour/random` runs it alone.
 */
const SEEDS = process.env.CUTTLE_SEED === undefined ? numbers(24, 1) : [Number(process.env.CUTTLE_SEED)];
const STEPS = 400;

type Random = (below: number) => number;

/** mulberry32: small, and the same everywhere. */
function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** One channel and what must have come through it. */
class Modelled {
  readonly #sender: mpsc.Sender<string>;
  readonly #receiver: mpsc.Receiver<string>;
  /** Values whose send was called, in order; those that were aborted may be missing at the other end. */
  readonly #given: { text: string; fate: "pending" | "sent" | "rejected" }[] = [];
  readonly #got: string[] = [];
  readonly #busy: Promise<unknown>[] = [];
  #next = 0;
  #senderClosed = false;
  /** `closed` or `dropped` by the receiver itself. */
  #receiverEnded = false;
  #dropped = false;
  #sawEnd = false;

  constructor(sender: mpsc.Sender<string>, receiver: mpsc.Receiver<string>) {
    this.#sender = sender;
    this.#receiver = receiver;
  }

  step(random: Random): void {
    const dice = random(100);
    if (dice < 55) this.#send(random, random(8) === 0);
    else if (dice < 97) this.#receive(random(6) === 0);
    else if (dice === 97) this.#closeSender();
    else if (dice === 98) this.#closeReceiver();
    else if (random(4) === 0) this.#drop();
  }

  #send(random: Random, aborts: boolean): void {
    if (this.#senderClosed) return;
    const text = `${this.#next} ${"x".repeat(random(3) === 0 ? random(90) : random(9))}`;
    this.#next += 1;
    const record = { text, fate: "pending" as "pending" | "sent" | "rejected" };
    this.#given.push(record);
    const abort = new AbortController();
    const sending = this.#sender.send(text, { signal: abort.signal }).then(
      () => {
        record.fate = "sent";
      },
      (error: unknown) => {
        record.fate = "rejected";
        const isExpected = error === "aborted" || (CuttleError.is(error, "remote_closed") && this.#receiverEnded);
        if (!isExpected) throw error;
      },
    );
    this.#busy.push(sending);
    if (aborts) setImmediate(() => abort.abort("aborted"));
  }

  #receive(aborts: boolean): void {
    if (this.#dropped) return;
    const abort = new AbortController();
    const receiving = this.#receiver.recv({ signal: abort.signal }).then(
      (text) => {
        if (text === undefined) this.#sawEnd = true;
        else this.#got.push(text);
      },
      (error: unknown) => {
        if (error !== "aborted") throw error;
      },
    );
    this.#busy.push(receiving);
    if (aborts) setImmediate(() => abort.abort("aborted"));
  }

  #closeSender(): void {
    this.#senderClosed = true;
    // Only after its sends: a sender that is closed sends what it was given before.
    this.#sender.close();
  }

  #closeReceiver(): void {
    this.#receiverEnded = true;
    if (!this.#dropped) this.#receiver.close();
  }

  #drop(): void {
    this.#receiverEnded = true;
    this.#dropped = true;
    this.#receiver.drop();
  }

  /** Closes the sender, reads the rest, and compares with the model. */
  async finish(): Promise<void> {
    this.#closeSender();
    while (!this.#dropped && !this.#sawEnd) {
      const text = await this.#receiver.recv();
      if (text === undefined) this.#sawEnd = true;
      else this.#got.push(text);
    }
    this.#receiver.drop();
    await Promise.all(this.#busy);
    this.#compare();
  }

  #compare(): void {
    const given = this.#given.map(({ text }) => text);
    const places = this.#got.map((text) => given.indexOf(text));
    expect(places, "only what was sent").not.toContain(-1);
    expect(places, "in order and once").toEqual([...new Set(places)].sort((one, other) => one - other));
    expect(this.#given.filter(({ fate }) => fate === "pending")).toEqual([]);
    const rejected = new Set(this.#given.filter(({ fate }) => fate === "rejected").map(({ text }) => text));
    expect(
      this.#got.filter((text) => rejected.has(text)),
      "what was rejected is not delivered",
    ).toEqual([]);
    if (this.#receiverEnded) return;
    const sent = this.#given.filter(({ fate }) => fate === "sent").map(({ text }) => text);
    expect(this.#got, "everything that was sent").toEqual(sent);
  }
}

/** A carrier whose directions are late by random numbers of tasks, and that takes little at once. */
function jittery(random: Random): Carriers {
  const queues = { "a-to-b": [] as (() => void)[], "b-to-a": [] as (() => void)[] };
  const pair = memoryPair({
    capacityBytes: 1 + random(200),
    schedule(deliver, direction) {
      queues[direction].push(deliver);
      void turns(random(4)).then(() => queues[direction].shift()?.());
    },
  });
  return { ...pair, dispose: async () => {} };
}

const halves = t.struct({ sender: t.mpsc.sender(t.str), receiver: t.mpsc.receiver(t.str) });

for (const seed of SEEDS) {
  test(`random operations keep every channel in order and whole, seed ${seed}`, async () => {
    const random = randomOf(seed);
    const limits = { portWindowBytes: 4 + random(100), chunkBytes: 4 + random(30) };
    const both: LinkOptions = { limits };
    const codec = CODECS[random(2)] as (typeof CODECS)[number];
    const below = random(2) === 0 ? jittery(randomOf(seed + 1)) : await carriers("memory");
    const run = withPair("memory", codec, { toB: halves, toA: halves, both, below }, async ({ a, b }) => {
      const channels: Modelled[] = [];
      for (let at = 0; at < 3; at += 1) {
        const [out, outReceiver] = mpsc.channel(t.str, { capacity: random(4) });
        const [back, backReceiver] = mpsc.channel(t.str, { capacity: random(4) });
        const value = { sender: back, receiver: outReceiver };
        const got = await (random(2) === 0 ? pass(a, b, value) : pass(b, a, value));
        channels.push(new Modelled(out, got.receiver), new Modelled(got.sender, backReceiver));
      }
      const [near, nearReceiver] = mpsc.channel(t.str, { capacity: 2 });
      channels.push(new Modelled(near, nearReceiver));
      for (let step = 0; step < STEPS; step += 1) {
        channels[random(channels.length)]?.step(random);
        if (random(5) === 0) await turns(1);
      }
      await Promise.all(channels.map((channel) => channel.finish()));
      await until(
        () => a.stats().ports === 2 && b.stats().ports === 2,
        () => `all ports were free, not ${a.stats().ports} and ${b.stats().ports}`,
      );
    });
    const result = await outcome(run);
    if ("error" in result) console.error(`CUTTLE_SEED=${seed} shows this failure alone`);
    expect(result).toEqual({ value: undefined });
  });
}

function numbers(count: number, first: number): number[] {
  return Array.from({ length: count }, (_, at) => first + at);
}
