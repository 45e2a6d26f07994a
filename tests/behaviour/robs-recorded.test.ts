/** A subscription recorded between two programs with remoc 0.20.5, of which this side takes the place of one. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectTransport } from "../../ts/connect/connect.ts";
import { memoryPair, t } from "../../ts/index.ts";
import { recorder } from "../../ts/transport/recorder.ts";
import { fromHex, toHex } from "../interop/traces.ts";
import { until } from "./support/wait.ts";

interface Recording {
  /** Frames, and marks between them. */
  readonly frames: readonly { readonly dir?: "A->B" | "B->A"; readonly hex?: string }[];
}

const HELLO = "02";
const OPEN_PORT = "04";
const Dict = t.observableMap.subscription(t.str, t.u32);

test("a recorded map is followed from its first entry to the end, with the frames of a remoc mirror", async () => {
  const path = join(import.meta.dirname, "vectors", "v20-hash-map-subscription.json");
  const { frames } = JSON.parse(readFileSync(path, "utf8")) as Recording;
  const { a, b } = memoryPair();
  const sink = recorder();
  await a.start(sink);
  const following = connectTransport<null, NonNullable<(typeof Dict)["~type"]>>(b, { receive: Dict, seed: 0 });
  const playing = play();

  const { rx } = await following;
  const mirror = (await rx.recv())?.mirror({ maxSize: 2 });
  const seen: unknown[] = [new Map(mirror)];
  mirror?.listen("all", ({ events }) => seen.push(...events));
  await until(
    () => mirror?.isDone === true,
    () => `the map was done (${String(mirror?.error)})`,
  );
  expect(seen).toEqual([new Map([["a", 1]]), { Set: ["b", 2] }, { Remove: "a" }, "Done"]);
  expect([...(mirror?.detach() ?? [])]).toEqual([["b", 2]]);
  await playing;
  await sink.untilFrames(frames.filter(({ dir }) => dir === "B->A").length);
  const ours = sink.frames.map(toHex).filter((hex) => !hex.startsWith(HELLO));
  const recorded = frames.flatMap(({ dir, hex }) => (dir === "B->A" && hex?.startsWith(HELLO) === false ? [hex] : []));
  expect(ours.slice(0, recorded.length).sort()).toEqual(recorded.sort());
  a.close();

  /** Plays the source: each frame once as much has come as the recorded one had been sent. */
  async function play(): Promise<void> {
    let expected = 0;
    for (const { dir, hex } of frames) {
      if (dir === "B->A") expected += 1;
      if (dir !== "A->B" || hex === undefined) continue;
      // Our request goes first, so that its port has the recorded number.
      const awaited = hex.startsWith(OPEN_PORT) ? 3 : expected;
      await until(
        () => sink.frames.length >= awaited,
        () => `${awaited} frames came, of ${sink.frames.map(toHex)}`,
      );
      a.send(fromHex(hex));
    }
  }
});
