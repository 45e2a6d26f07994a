/** What the scenarios run over, in every engine: the rows of the matrix that `npm test` prints. */

import { callingCases } from "../interop/calling-cases.ts";
import { type Case, cases, type PeerName } from "../interop/cases.ts";
import { hopCases, newerCases } from "../interop/channel-cases.ts";
import type { Environment } from "./page/main.ts";

/** A way in which two programs meet. */
export interface Row {
  readonly transport: "WebSocket" | "MessagePort";
  /** Where the page's role is played. */
  readonly environment: Environment;
  /** Who plays the other one: a release of remoc, a Node server, a worker. */
  readonly peer: "0.18.3" | "0.20.5" | "Node" | "worker" | "shared worker";
}

/** Every way. */
export const rows: readonly Row[] = [
  { transport: "WebSocket", environment: "page", peer: "0.18.3" },
  { transport: "WebSocket", environment: "page", peer: "0.20.5" },
  { transport: "WebSocket", environment: "page", peer: "Node" },
  { transport: "WebSocket", environment: "worker", peer: "Node" },
  { transport: "WebSocket", environment: "shared worker", peer: "Node" },
  { transport: "MessagePort", environment: "page", peer: "worker" },
  { transport: "MessagePort", environment: "page", peer: "shared worker" },
];

/** The row in words: the title of its tests. */
export function suiteOf({ transport, environment, peer }: Row): string {
  return `${transport}, ${environment} with ${peer}`;
}

/** A scenario with its codec. */
export interface Run {
  readonly title: string;
  readonly one: Case;
  readonly codec: "postbag" | "json";
}

/** Every scenario with a peer, the first ones with a second codec, too. */
export function runsOf(peer: Row["peer"]): readonly Run[] {
  const newer = peer === "0.18.3" ? [] : newerCases;
  return [...cases, ...hopCases, ...newer, ...callingCases].flatMap((one): Run[] => {
    const title = `${one.title} (${one.scenario})`;
    const both = one.scenario === "count" || one.scenario === "echo";
    const plain: Run = { title: `postbag: ${title}`, one, codec: "postbag" };
    return both ? [plain, { title: `json: ${title}`, one, codec: "json" }] : [plain];
  });
}

/** By which name the cases know who plays the other role. */
export function peerName(peer: Row["peer"]): PeerName {
  return peer === "0.18.3" || peer === "0.20.5" ? peer : "cuttle";
}
