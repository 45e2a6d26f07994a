/** The three switches of values with remoc 0.20, which announces all: each of ours alone, together, and none. */

import { describe, expect, test } from "vitest";
import { SWITCH_SETS } from "../scenarios/switches.ts";
import { type Case, runCase } from "./cases.ts";
import { codecs, useRustPeers, watchEndings } from "./support.ts";
import { halfCases, switchCases } from "./switch-cases.ts";

const peerOf = useRustPeers();

/** A client of remoc 0.20 that calls early loses its request channel when it meets a peer without compact forms. */
const callsEarly = (one: Case) => one.scenario === "servedRooms";

describe.each(SWITCH_SETS)("this side announces $name", ({ capabilities }) => {
  describe.each(codecs)("in $name", (codec) => {
    const all = codec.name === "postbag" ? switchCases : halfCases;
    const isCompact = capabilities.includes("compact_transported");
    test.each(all.filter((one) => isCompact || !callsEarly(one)))("$scenario: $title", async (one) => {
      const peer = peerOf("0.20.5");
      const endings = watchEndings(peer);
      const route = { connectTo: (path: string) => peer.url + path, codec, options: { capabilities } };
      await runCase(one, route, "0.20.5");
      expect(await endings()).toEqual(["ended orderly"]);
    });
  });
});
