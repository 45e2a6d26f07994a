/** Roles reversed: our server, and the Rust peer as the client that plays the page's role. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CloseInfo } from "../../ts/index.ts";
import { type Server, serve } from "../../ts/node/index.ts";
import { playPeer } from "../scenarios/peer.ts";
import { covers } from "./covers.ts";
import { idsServed } from "./features.ts";
import { outcomesOf } from "./outcomes.ts";
import { codecs, peerPaths, type Version, versions } from "./support.ts";

let paths: Record<Version, string>;
let server: Server;
let ended: Promise<CloseInfo>[] = [];

beforeAll(async () => {
  paths = await peerPaths();
  server = await serve({ host: "127.0.0.1" }, async (incoming) => {
    const played = playPeer(incoming.request.url ?? "", (options) => incoming.connect(options));
    ended.push(played);
    await played;
  });
});

afterAll(async () => {
  await server.close();
});

describe.each(versions)("remoc %s as the client of our server", (version) => {
  describe.each(codecs)("$name", (codec) => {
    test.each(outcomesOf(version, codec.name))("plays $scenario", async ({ scenario, verify }) => {
      covers(idsServed(scenario, codec.name), version, "serve");
      ended = [];
      const url = `ws://127.0.0.1:${server.address.port}/${scenario}/${codec.name}`;
      const { stdout, stderr } = await promisify(execFile)(paths[version], ["connect", url]);
      verify(JSON.parse(stdout));
      expect(stderr).toContain("connection: ended orderly");
      expect(await Promise.all(ended)).toEqual([{ by: expect.stringMatching(/^(local|peer)$/) }]);
    });
  });
});
