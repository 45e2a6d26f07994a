/** Every scenario with both releases of remoc and both codecs, over Node's own WebSocket. */

import { describe, expect, test } from "vitest";
import { cases, runCase } from "./cases.ts";
import { coversCase } from "./covers.ts";
import { codecs, useRustPeers, versions, watchEndings } from "./support.ts";

const peerOf = useRustPeers();

describe.each(versions)("remoc %s over WebSocket", (version) => {
  describe.each(codecs)("$name", (codec) => {
    test.each(cases)("$title ($scenario)", async (one) => {
      coversCase(one, version, codec.name);
      const peer = peerOf(version);
      const endings = watchEndings(peer);
      await runCase(one, { connectTo: (path) => peer.url + path, codec }, version);
      expect(await endings()).toEqual(["ended orderly"]);
    });
  });
});
