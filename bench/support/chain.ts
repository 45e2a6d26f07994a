/** What a chain of calls costs in a network that does nothing but take its time. */

import {
  type Client,
  clientControl,
  connect,
  consume,
  type Method,
  provide,
  RemoteObject,
  serveObject,
  service,
  t,
} from "../../ts/index.ts";
import { pair } from "../../ts/testing.ts";

/** How long every byte is under way, in each direction. */
export const LATENCY_MS = 50;

type StepMethods = {
  next: Method<Record<never, never>, Client<StepMethods>>;
  depth: Method<Record<never, never>, number>;
};
const step = t.lazy((): t.Descriptor<Client<StepMethods>> => t.client(Step));
const Step = service<StepMethods>("Step", {
  next: t.method("&self", {}, step, undefined, { pipelinable: true }),
  depth: t.method("&self", {}, t.u32),
});

/** Round trips of five calls of traits, each on what the one before returns. */
export async function chainOfTraits(): Promise<number> {
  const { a, b, options, run, clock } = pair({ latencyMs: LATENCY_MS });
  const make = (depth: number): Client<StepMethods> =>
    serveObject(Step, { next: () => make(depth + 1), depth: () => depth }).client;
  const [near, far] = await run(
    Promise.all([connect(a, { receive: step, ...options }), connect(b, { send: step, ...options })]),
  );
  await run(far.tx.send(make(0)));
  const root = await run(near.rx.recv());
  if (root === undefined) throw new Error("no client came");
  await run(root.depth());
  const start = clock.now();
  const depth = await run(root.next().next().next().next().depth());
  const tookMs = clock.now() - start;
  if (depth !== 4) throw new Error(`the chain ended at ${depth}`);
  clientControl(root).close();
  await run(Promise.all([near.close(), far.close()]));
  return tookMs / (2 * LATENCY_MS);
}

class Part extends RemoteObject {
  readonly #depth: number;

  constructor(depth: number) {
    super();
    this.#depth = depth;
  }

  next(): Part {
    return new Part(this.#depth + 1);
  }

  depth(): number {
    return this.#depth;
  }
}

/** As {@link chainOfTraits}, of plain objects. */
export async function chainOfObjects(): Promise<number> {
  const { a, b, options, run, clock } = pair({ latencyMs: LATENCY_MS });
  const [root, served] = await run(
    Promise.all([consume<Part>(a, options), provide(new Part(0), { to: b, ...options })]),
  );
  await run(Promise.resolve(root.depth()));
  const start = clock.now();
  const depth = await run(Promise.resolve(root.next().next().next().next().depth()));
  const tookMs = clock.now() - start;
  if (depth !== 4) throw new Error(`the chain ended at ${depth}`);
  await run(served.close());
  return tookMs / (2 * LATENCY_MS);
}
