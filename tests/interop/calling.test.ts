/** Traits, functions and objects with both releases of remoc, each side in each role, and with this library. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CloseInfo, connect } from "../../ts/index.ts";
import { type Server, serve } from "../../ts/node/index.ts";
import { playPeer } from "../scenarios/peer.ts";
import { COUNTER_REPORT, callingCases, OBJECTS_REPORT, ROOMS_REPORT } from "./calling-cases.ts";
import { runCase } from "./cases.ts";
import { codecs, peerPaths, useRustPeers, versions, watchEndings } from "./support.ts";

const peerOf = useRustPeers();
const postbag = codecs[0] as (typeof codecs)[number];

describe.each(versions)("remoc %s over WebSocket", (version) => {
  test.each(callingCases)("$title ($scenario)", async (one) => {
    const peer = peerOf(version);
    const endings = watchEndings(peer);
    await runCase(one, { connectTo: (path) => peer.url + path, codec: postbag }, version);
    expect(await endings()).toEqual(["ended orderly"]);
  });
});

describe.each(codecs)("cuttle over a MessagePort, in $name", (codec) => {
  test.each(callingCases)("$title ($scenario)", async (one) => {
    const ended: Promise<CloseInfo>[] = [];
    const connectTo = (path: string) => {
      const { port1, port2 } = new MessageChannel();
      ended.push(playPeer(path, (options) => connect(port2, options)));
      return port1;
    };
    await runCase(one, { connectTo, codec }, "cuttle");
    expect(await Promise.all(ended)).toEqual([{ by: expect.stringMatching(/^(local|peer)$/) }]);
  });
});

describe.each(versions)("remoc %s as the client of our server", (version) => {
  let server: Server;
  let ended: Promise<CloseInfo>[] = [];

  beforeAll(async () => {
    server = await serve({ host: "127.0.0.1" }, async (incoming) => {
      const played = playPeer(incoming.request.url ?? "", (options) => incoming.connect(options));
      ended.push(played);
      await played;
    });
  });

  afterAll(async () => {
    await server.close();
  });

  test.each([
    { scenario: "counter", printed: COUNTER_REPORT },
    { scenario: "use-counter", printed: expect.objectContaining({ first: 0, seen: 20, overflow: 20, cancelled: 101 }) },
    { scenario: "objects", printed: OBJECTS_REPORT },
    { scenario: "use-objects", printed: expect.objectContaining({ sum: 3, locked: [7, 9, 9], applied: 34 }) },
    { scenario: "rooms", printed: ROOMS_REPORT[version] },
    { scenario: "use-rooms", printed: expect.objectContaining({ greeted: ["mine: hello", "early: hello"] }) },
  ])("plays $scenario", async ({ scenario, printed }) => {
    ended = [];
    const paths = await peerPaths();
    const url = `ws://127.0.0.1:${server.address.port}/${scenario}/postbag`;
    const { stdout, stderr } = await promisify(execFile)(paths[version], ["connect", url]);
    expect(JSON.parse(stdout)).toEqual(printed);
    expect(stderr).toContain("connection: ended orderly");
    expect(await Promise.all(ended)).toEqual([{ by: expect.stringMatching(/^(local|peer)$/) }]);
  });
});
