/** The Rust peers for tests: started once per file, and watched. */

import { afterAll, beforeAll, expect, vi } from "vitest";
import { peers, startPeer } from "../../scripts/peers.mjs";
import { type Codec, json, postbag } from "../../ts/index.ts";

/** The releases of remoc that are spoken to. */
export const versions = ["0.18.3", "0.20.5"] as const;

/** One of them. */
export type Version = (typeof versions)[number];

/** Both codecs. */
export const codecs: readonly Codec[] = [postbag, json];

/** A running Rust peer. */
export type RustPeer = Awaited<ReturnType<typeof startPeer>>;

/** Where the programs are. */
export async function peerPaths(): Promise<Record<Version, string>> {
  const given = process.env.CUTTLE_PEERS;
  return given === undefined ? await peers() : (JSON.parse(given) as Record<Version, string>);
}

/** Starts both peers before the tests of a file and stops them after. */
export function useRustPeers(): (version: Version) => RustPeer {
  const started = new Map<Version, RustPeer>();
  beforeAll(async () => {
    const paths = await peerPaths();
    for (const version of versions) started.set(version, await startPeer(paths[version]));
  });
  afterAll(async () => {
    for (const peer of started.values()) await peer.stop();
  });
  return (version) => {
    const peer = started.get(version);
    if (peer === undefined) throw new Error(`the peer ${version} was not started`);
    return peer;
  };
}

/**
 * Notes which connections the peer knows; the returned function waits until each that came since has ended, and
 * returns how, in the order in which they came.
 */
export function watchEndings(peer: RustPeer): () => Promise<string[]> {
  const known = connectionsOf(peer).length;
  return async () => {
    // What it writes is all that tells, and there is no event for that.
    return await vi.waitFor(
      () => {
        const endings = connectionsOf(peer)
          .slice(known)
          .map((number) => endingOf(peer, number));
        expect(endings, peer.stderr().slice(-2_000)).not.toContain(undefined);
        return endings.map(String);
      },
      { interval: 5, timeout: 10_000 },
    );
  };
}

function connectionsOf(peer: RustPeer): string[] {
  return Array.from(peer.stderr().matchAll(/ (#\d+) \S+ \w+: accepted$/gm), ([, number]) => String(number));
}

function endingOf(peer: RustPeer, number: string): string | undefined {
  return new RegExp(` ${number} \\S+ \\w+: (ended .*)$`, "m").exec(peer.stderr())?.[1];
}
