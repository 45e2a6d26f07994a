/**
 * Records `golden/*.json` from the real peers: `node tests/interop/record.ts`, on Node 24. To be run only when the bytes
 * are meant to change; look at the difference before keeping it.
 */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { peers, startPeer } from "../../scripts/peers.mjs";
import type { Transport, TransportSink } from "../../ts/index.ts";
import { toTransport } from "../../ts/transport/target.ts";
import { codecs, type Trace, type TracedFrame, toHex, traced } from "./traces.ts";

const folder = join(import.meta.dirname, "golden");
const SEED = 7;

for (const [version, path] of Object.entries(await peers())) {
  const peer = await startPeer(path);
  for (const [scenario, { title, run }] of Object.entries(traced)) {
    for (const codec of Object.values(codecs)) {
      const frames: TracedFrame[] = [];
      const connectTo = (route: string): Transport => tap(toTransport(peer.url + route), frames);
      await run({ connectTo, codec, options: { seed: SEED } });
      const trace: Trace = { title, peer: version, codec: codec.name, scenario, seed: SEED, frames };
      const name = `${scenario}-${version}-${codec.name}.json`;
      await writeFile(join(folder, name), `${JSON.stringify(trace, undefined, 2)}\n`);
      console.log(`${name}: ${frames.length} frames`);
    }
  }
  await peer.stop();
}

/** Notes every frame in both directions. */
function tap(inner: Transport, frames: TracedFrame[]): Transport {
  return {
    kind: inner.kind,
    start: (sink) => inner.start(tapped(sink, frames)),
    capacity: () => inner.capacity(),
    send(frame) {
      frames.push({ dir: "us>peer", hex: toHex(frame) });
      inner.send(frame);
    },
    flush: () => inner.flush(),
    close: () => inner.close(),
  };
}

/** Every frame comes in a task of its own, as it does when the trace is played again. */
function tapped(sink: TransportSink, frames: TracedFrame[]): TransportSink {
  let turn = Promise.resolve();
  const inTurn = (step: () => void): void => {
    turn = turn.then(() => setImmediate()).then(step);
  };
  return {
    frame: (frame) =>
      inTurn(() => {
        frames.push({ dir: "peer>us", hex: toHex(frame) });
        sink.frame(frame);
      }),
    writable: () => sink.writable(),
    ended: (end) => inTurn(() => sink.ended(end)),
    failed: (error) => sink.failed(error),
  };
}
