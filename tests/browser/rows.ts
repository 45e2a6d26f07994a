/** What the scenarios run over, in every engine: the rows of the matrix that `npm test` prints. */

import { callingCases } from "../interop/calling-cases.ts";
import { type Case, cases, type PeerName, type ScenarioName } from "../interop/cases.ts";
import { collectionCases, hopCases, newerCases } from "../interop/channel-cases.ts";
import type { Environment } from "./page/main.ts";

/** A way in which two programs meet. */
export interface Row {
  readonly transport: "WebSocket" | "MessagePort" | "WebRTC";
  /** Where the page's role is played. */
  readonly environment: Environment;
  /** Who plays the other one: a release of remoc, a Node server, a worker. */
  readonly peer: "0.18.3" | "0.20.5" | "Node" | "worker" | "shared worker" | "page";
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
  { transport: "WebRTC", environment: "page", peer: "page" },
  { transport: "WebRTC", environment: "page", peer: "Node" },
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

/** The engines that the tests run in. */
export type Engine = "Chromium" | "Firefox" | "WebKit";

/**
 * The scenarios of a row, the first ones with a second codec, too. In every engine each of them runs in a page, with remoc
 * 0.20.5 and a Node server over a WebSocket and with a worker over a MessagePort. The other environments differ in their
 * globals, timers and lifetimes, and the older remoc in its bytes, which no engine makes: there {@link vital} ones run,
 * and all of them with the older remoc in Chromium.
 */
export function runsOf(row: Row, engine: Engine): readonly Run[] {
  const newer = row.peer === "0.18.3" ? [] : newerCases;
  const collections = peerName(row.peer) === "cuttle" ? [] : collectionCases;
  const all = [...cases, ...hopCases, ...newer, ...callingCases, ...collections];
  const chosen = isWhole(row, engine) ? all : all.filter(({ scenario }) => partOf(row).includes(scenario));
  return chosen.flatMap((one): Run[] => {
    const title = `${one.title} (${one.scenario})`;
    const both = one.scenario === "count" || one.scenario === "echo";
    const plain: Run = { title: `postbag: ${title}`, one, codec: "postbag" };
    return both ? [plain, { title: `json: ${title}`, one, codec: "json" }] : [plain];
  });
}

/** Whether every scenario of a row runs in an engine. */
export function isWhole({ transport, environment, peer }: Row, engine: Engine): boolean {
  if (peer === "0.18.3") return engine === "Chromium";
  return environment === "page" && transport !== "WebRTC" && peer !== "shared worker";
}

/** Which scenarios run where not all of them do. */
function partOf({ transport, peer }: Row): readonly ScenarioName[] {
  return transport === "WebRTC" && peer === "Node" ? direct : vital;
}

/** What shows that two implementations of WebRTC carry everything: each run opens a data channel of its own. */
const direct: readonly ScenarioName[] = ["count", "echo", "sink", "source", "closeIdle", "rooms"];

/** What depends on the carrier or the environment: how connections begin and end, what waits, what is large. */
const vital: readonly ScenarioName[] = [
  "count",
  "countStopped",
  "requestCount",
  "echo",
  "tree",
  "sink",
  "source",
  "limitedReports",
  "closeIdle",
  "closeWhileCounting",
  "closeWhileSending",
  "binChunks",
  "watchNumbers",
  "broadcastNumbers",
  "counter",
  "ownedObjects",
  "rooms",
];

/** By which name the cases know who plays the other role. */
export function peerName(peer: Row["peer"]): PeerName {
  return peer === "0.18.3" || peer === "0.20.5" ? peer : "cuttle";
}
