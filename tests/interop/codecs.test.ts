/** The other codecs against real remoc: values of every shape, and halves in values. */

import { describe, expect, test } from "vitest";
import { bincode, bincode2, cbor, messagePack, postbagSlim, postcard } from "../../ts/index.ts";
import { cases, runCase } from "./cases.ts";
import { useRustPeers, watchEndings } from "./support.ts";

const peerOf = useRustPeers();

const chosen = cases.filter(({ scenario }) => scenario === "count" || scenario === "echo");
/** remoc 0.20 adds a field to halves, which codecs that count no fields do not survive: with those only 0.18. */
const named = [postbagSlim, cbor, messagePack];
const runs = [
  ...[...named, postcard, bincode, bincode2].map((codec) => ({ version: "0.18.3", codec }) as const),
  ...named.map((codec) => ({ version: "0.20.5", codec }) as const),
];

describe.each(runs)("remoc $version with $codec.name", ({ version, codec }) => {
  test.each(chosen)("$title ($scenario)", async (one) => {
    const peer = peerOf(version);
    const endings = watchEndings(peer);
    await runCase(one, { connectTo: (path) => peer.url + path, codec }, version);
    expect(await endings()).toEqual(["ended orderly"]);
  });
});
