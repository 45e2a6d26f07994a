/** Runs the README's first example against the real remoc. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { count } from "../../docs/examples/count.ts";
import { peers, startPeer } from "../../scripts/peers.mjs";
import { region } from "../docs/examples.ts";

describe.each(["0.18.3", "0.20.5"] as const)("the README's first example with remoc %s", (version) => {
  let peer: Awaited<ReturnType<typeof startPeer>>;

  beforeAll(async () => {
    const given = process.env.CUTTLE_PEERS;
    const paths = given === undefined ? await peers() : (JSON.parse(given) as Awaited<ReturnType<typeof peers>>);
    peer = await startPeer(paths[version]);
  });

  afterAll(async () => {
    await peer.stop();
  });

  test("the page receives the numbers and the end", async () => {
    expect(await count(`${peer.url}/count/postbag`)).toEqual([0, 1, 2, 3]);
  });
});

test("the README's Rust server and the peer have the same request", () => {
  expect(region("docs/examples/count-server.rs")).toMatch(/up_to: u32,\s+seq_tx: mpsc::Sender<u32>,/);
});
