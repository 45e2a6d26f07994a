/** The scenarios that have a TCP port, over remoc's own framing of a byte stream. */

import { createConnection } from "node:net";
import { describe, expect, test } from "vitest";
import { streamTransport } from "../../ts/node/index.ts";
import { cases, runCase } from "./cases.ts";
import { codecs, useRustPeers, versions, watchEndings } from "./support.ts";

const peerOf = useRustPeers();

const withPort = cases.filter(({ scenario }) =>
  /^(count|countStopped|requestCount|limitedReports|closeIdle|closeWhileCounting|spentHalf)$/.test(scenario),
);

describe.each(versions)("remoc %s over TCP", (version) => {
  describe.each(codecs)("$name", (codec) => {
    test.each(withPort)("$title ($scenario)", async (one) => {
      const peer = peerOf(version);
      const endings = watchEndings(peer);
      const connectTo = (path: string) => {
        const port = peer.info.tcp[path.slice(1)];
        return streamTransport(createConnection({ host: "127.0.0.1", port }));
      };
      await runCase(one, { connectTo, codec }, version);
      expect(await endings()).toEqual(["ended orderly"]);
    });
  });
});
