/**
 * Calls that return clients and are given up, with every frame, the answer and the end in an order that a seed draws: no
 * server outlives its clients, and no port is left. `CUTTLE_SEED=<seed>` runs one alone.
 */

import { expect, test } from "vitest";
import { connectTransport } from "../../ts/connect/connect.ts";
import {
  type Client,
  type ClientOf,
  clientControl,
  type Impl,
  type Method,
  serveObject,
  service,
  t,
} from "../../ts/index.ts";
import { memoryPair } from "../../ts/transport/memory.ts";
import { deferred } from "../../ts/util/deferred.ts";
import { VirtualClock } from "./support/clock.ts";
import { turns, until } from "./support/wait.ts";

type StepMethods = {
  next: Method<Record<never, never>, Client<StepMethods>>;
  slow: Method<Record<never, never>, Client<StepMethods>>;
  say: Method<Record<never, never>, string>;
};
const step = t.lazy((): t.Descriptor<Client<StepMethods>> => t.client(Step));
const Step = service<StepMethods>("Step", {
  next: t.method("&self", {}, step, undefined, { pipelinable: true }),
  slow: t.method("&self", {}, step),
  say: t.method("&self", {}, t.str),
});

/** Numbers from 0 to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 0x1_0000_0000;
  };
}

/** Two ends between which frames wait until they are let through, once `isHeld`. */
function heldNetwork() {
  const held = { "a-to-b": [] as (() => void)[], "b-to-a": [] as (() => void)[] };
  const network = { isHeld: false, held };
  const pair = memoryPair({
    schedule(deliver, way) {
      if (network.isHeld) held[way].push(deliver);
      else queueMicrotask(deliver);
    },
  });
  return { ...pair, network };
}

/** Makes steps, whose servers it counts; each is made when the gate is open. */
class Steps {
  served = 0;
  readonly gate = deferred<void>();

  make(): ClientOf<typeof Step> {
    const next = async (): Promise<ClientOf<typeof Step>> => {
      await this.gate.promise;
      return this.make();
    };
    const implementation: Impl<typeof Step> = { next, slow: next, say: () => "hi" };
    const { client, server } = serveObject(Step, implementation, { onFailure: () => undefined });
    this.served += 1;
    void server.done.then(() => {
      this.served -= 1;
    });
    return client;
  }
}

/** Calls one step or two, which `signal` gives up, and lets go of whatever comes of it. */
function begin(root: ClientOf<typeof Step>, random: () => number, signal: AbortSignal): Promise<void>[] {
  const method = random() < 0.6 ? "next" : "slow";
  const first = root[method]({}, { signal });
  const clients = [first];
  if (random() < 0.5) first.say().catch(() => undefined);
  if (random() < 0.4) clients.push(first[method]());
  return clients.map((client) =>
    client.then(
      (one) => clientControl(one).close(),
      () => undefined,
    ),
  );
}

async function play(seed: number): Promise<void> {
  const random = randomOf(seed + 1);
  const { a, b, network } = heldNetwork();
  const { held } = network;
  const clock = new VirtualClock();
  const theirs = random() < 0.7 ? {} : { capabilities: [] };
  const [near, far] = await Promise.all([
    connectTransport(a, { receive: t.client(Step), clock, seed: 1 }),
    connectTransport(b, { send: t.client(Step), clock, seed: 2, ...theirs }),
  ]);
  const steps = new Steps();
  await far.tx.send(steps.make());
  const root = (await near.rx.recv()) as ClientOf<typeof Step>;
  await turns(10);
  network.isHeld = true;
  const giveUp = new AbortController();
  const over = begin(root, random, giveUp.signal);
  const acts = [() => giveUp.abort(), () => steps.gate.resolve(), () => clientControl(root).close()];
  while (acts.length > 0 || held["a-to-b"].length > 0 || held["b-to-a"].length > 0) {
    const draw = random();
    if (draw < 0.15) acts.splice(Math.floor(random() * acts.length), 1)[0]?.();
    else if (draw < 0.55) held["a-to-b"].shift()?.();
    else held["b-to-a"].shift()?.();
    if (random() < 0.3) await turns(1 + Math.floor(random() * 2));
    else for (let left = Math.floor(random() * 10); left > 0; left -= 1) await undefined;
  }
  network.isHeld = false;
  await Promise.all(over);
  const left = () => [steps.served, near.stats().ports, far.stats().ports];
  await until(
    () => left().join() === "0,2,2",
    () => `no server and only the base ports are left with seed ${seed}; servers and ports: ${left()}`,
  );
  await Promise.all([near.close(), far.close()]);
  expect(clock.timers).toBe(0);
}

test("leave nothing behind, in whatever order it all happens", { timeout: 120_000 }, async () => {
  const { CUTTLE_SEED } = process.env;
  const seeds = CUTTLE_SEED === undefined ? Array.from({ length: 200 }, (_, seed) => seed) : [Number(CUTTLE_SEED)];
  for (const seed of seeds) await play(seed);
});
