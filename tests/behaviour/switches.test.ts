/** The three switches of values that remoc 0.20 announces: each alone, together, and on one side only. */

import { describe, expect, test } from "vitest";
import { type Codec, connect, json, type LinkOptions, postbag } from "../../ts/index.ts";
import { type Case, runCase } from "../interop/cases.ts";
import { switchCases } from "../interop/switch-cases.ts";
import { playPeer } from "../scenarios/peer.ts";
import { SWITCH_SETS } from "../scenarios/switches.ts";

async function play(one: Case, codec: Codec, ours: LinkOptions, theirs: LinkOptions): Promise<void> {
  const ended: Promise<unknown>[] = [];
  const connectTo = (path: string) => {
    const { port1, port2 } = new MessageChannel();
    ended.push(playPeer(path, (options) => connect(port2, { ...options, ...theirs })));
    return port1;
  };
  await runCase(one, { connectTo, codec, options: ours }, "cuttle");
  expect(await Promise.all(ended)).toEqual([{ by: expect.stringMatching(/^(local|peer)$/) }]);
}

describe.each([postbag, json])("in $name", (codec) => {
  describe.each(SWITCH_SETS)("both sides announce $name", ({ capabilities }) => {
    test.each(switchCases)("$scenario: $title", async (one) => {
      await play(one, codec, { capabilities }, { capabilities });
    });
  });

  describe.each(SWITCH_SETS)("one side announces everything, the other one $name", ({ capabilities }) => {
    test.each(switchCases)("$scenario: $title", async (one) => {
      await play(one, codec, {}, { capabilities });
    });
  });
});
