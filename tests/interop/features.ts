/** Notes which features of remoc a test showed; `npm test` prints the table of `scripts/features.mjs` of them. */

import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { shownFile } from "../../scripts/features.mjs";
import type { Case } from "./cases.ts";

/** What was shown, and where: this side plays the role that asks, or remoc does. */
export interface Shown {
  readonly ids: readonly string[];
  readonly version: "0.18.3" | "0.20.5";
  readonly runtime: "Node" | "Chromium";
  readonly role: "ask" | "serve";
}

/** Notes it. To be called once a test has passed. */
export function note(shown: Shown): void {
  if (shown.ids.length === 0) return;
  mkdirSync(dirname(shownFile), { recursive: true });
  // One short line: writers of several processes do not mix theirs.
  appendFileSync(shownFile, `${JSON.stringify(shown)}\n`);
}

/** What a case shows in a codec: what its title begins with, and what its scenario shows in any case. */
export function idsOf({ title, scenario }: Pick<Case, "title" | "scenario">, codec = "postbag"): string[] {
  const named = /^((?:[A-Z]{2}-\d+ ?)+):/.exec(title)?.[1] ?? "";
  return ids(named, ofScenario[scenario], scenario === "echo" ? ofCodec[codec] : "");
}

/** What a scenario of a peer shows in a codec when remoc asks and this side serves. */
export function idsServed(scenario: string, codec = "postbag"): string[] {
  return ids(ofPath[scenario], scenario === "echo" ? ofCodec[codec] : "");
}

function ids(...lists: (string | undefined)[]): string[] {
  return [...new Set(lists.join(" ").split(" "))].filter((id) => id !== "");
}

/** Those of single channels. */
const CODECS = "CO-1 CO-3 CO-4 CO-6 CO-7 CO-8 CO-9 CO-14";

/** Those of whole connections, which values of every shape show. */
const ofCodec: Readonly<Record<string, string>> = {
  postbag: "CO-5 CO-13 CO-15 CO-16 CO-17",
  json: "CO-2 CO-10",
};

const ofScenario: Readonly<Record<string, string>> = {
  count: "BA-1 BA-2 CH-1 CH-7 CH-8 MP-1",
  countStopped: "MP-6",
  requestCount: "BA-1 CH-1 MP-1",
  echo: "OS-1",
  tree: "CH-1",
  stop: "MP-6",
  limit: "CH-2 CH-3",
  limitedUpload: "CH-2",
  binEcho: "BI-1 BI-2",
  binChunks: "BI-1",
  ioEcho: "IO-1 IO-2 IO-3 IO-4",
  lrEcho: "LR-1",
  mixedEcho: `MP-9 ${CODECS}`,
  watchNumbers: "WA-1 WA-2",
  watchDropped: "WA-5",
  watchLimited: "WA-9",
  watchPaused: "WA-9 WA-11",
  watchStrategy: "WA-10",
  broadcastNumbers: "BC-1 BC-2",
  lanesEcho: "MP-12 MP-13",
};

const ofPath: Readonly<Record<string, string>> = {
  count: "BA-1 BA-2 CH-1 CH-7 CH-8 MP-1",
  "request-count": "BA-1 CH-1 MP-1",
  echo: "OS-1",
  tree: "CH-1",
  stop: "MP-6",
  limit: "CH-2 CH-3",
  bin: "BI-1 BI-2",
  chunks: "BI-1",
  io: "IO-1 IO-2 IO-3 IO-4",
  lr: "LR-1",
  mixed: `MP-9 ${CODECS}`,
  watch: "WA-1 WA-2 WA-5",
  rates: "WA-9 WA-10 WA-11",
  broadcast: "BC-1 BC-2",
  lanes: "MP-12 MP-13",
  counter: "TR-1 TR-2 TR-6 TR-13 TR-14 TR-16 TR-17 TR-18 TR-19 TR-20 TR-21",
  "use-counter": "TR-1 TR-2 TR-6 TR-13 TR-14 TR-15 TR-16 TR-18 TR-19 TR-20 TR-21",
  objects: "FN-1 FN-2 FN-3 FN-4 FN-5 HA-1 LZ-1 LB-1 RW-1 RW-2 RW-3",
  "use-objects": "FN-1 FN-2 FN-3 FN-4 HA-1 LZ-1 LB-1 RW-1 RW-2 RW-3",
  rooms: "TR-28 TR-29 TR-30 TR-33 TR-34 TR-35 TR-42",
  "use-rooms": "TR-28",
};
