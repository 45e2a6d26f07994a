/** The three switches of values with remoc 0.20, which announces all: each of ours alone, together, and none. */

import { describe, expect, test } from "vitest";
import { SWITCH_SETS } from "../scenarios/switches.ts";
import { runCase } from "./cases.ts";
import { codecs, useRustPeers, watchEndings } from "./support.ts";
import { halfCases, switchCases } from "./switch-cases.ts";

const peerOf = useRustPeers();

describe.each(SWITCH_SETS)("this side announces $name", ({ capabilities }) => {
  describe.each(codecs)("in $name", (codec) => {
    test.each(codec.name === "postbag" ? switchCases : halfCases)("$scenario: $title", async (one) => {
      const peer = peerOf("0.20.5");
      const endings = watchEndings(peer);
      const route = { connectTo: (path: string) => peer.url + path, codec, options: { capabilities } };
      await runCase(one, route, "0.20.5");
      expect(await endings()).toEqual(["ended orderly"]);
    });
  });
});
