/** Traits, functions and objects with both releases of remoc, each side in each role, and with this library. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CloseInfo, connect } from "../../ts/index.ts";
import { type Server, serve } from "../../ts/node/index.ts";
import { playPeer } from "../scenarios/peer.ts";
import { callingCases } from "./calling-cases.ts";
import { runCase } from "./cases.ts";
import { covers, coversCase } from "./covers.ts";
import { idsServed } from "./features.ts";
import { callingOutcomesOf } from "./outcomes.ts";
import { codecs, peerPaths, useRustPeers, versions, watchEndings } from "./support.ts";

const peerOf = useRustPeers();
const postbag = codecs[0] as (typeof codecs)[number];

describe.each(versions)("remoc %s over WebSocket", (version) => {
  test.each(callingCases)("$title ($scenario)", async (one) => {
    coversCase(one, version);
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

  test.each(callingOutcomesOf(version))("plays $scenario", async ({ scenario, verify }) => {
    covers(idsServed(scenario), version, "serve");
    ended = [];
    const paths = await peerPaths();
    const url = `ws://127.0.0.1:${server.address.port}/${scenario}/postbag`;
    const { stdout, stderr } = await promisify(execFile)(paths[version], ["connect", url]);
    verify(JSON.parse(stdout));
    expect(stderr).toContain("connection: ended orderly");
    expect(await Promise.all(ended)).toEqual([{ by: expect.stringMatching(/^(local|peer)$/) }]);
  });
});
