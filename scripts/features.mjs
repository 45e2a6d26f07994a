/**
 * The table of what was seen to work with stock remoc: a row for each feature, a column for each release, runtime and role.
 * Tests note what they showed (`tests/interop/features.ts`); `npm test` prints what came together. A feature that no test
 * showed anywhere fails the run, unless an explanation stands here.
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./util.mjs";

/** Where tests note what they showed: a line of JSON each, `{ ids, version, runtime, role }`. */
export const shownFile = join(root, "node_modules", ".cuttle", "test-results", "features.jsonl");

const versions = ["0.18.3", "0.20.5"];
const runtimes = ["Node", "Chromium"];
/** `ask`: this side plays the role that asks. `serve`: remoc does. */
const roles = ["ask", "serve"];
const columns = versions.flatMap((version) =>
  runtimes.flatMap((runtime) => roles.map((role) => ({ version, runtime, role }))),
);

/** Features with words for those of which nothing is to be seen between two programs. */
const features = {
  "BA-1": "base channel",
  "BA-2": "base ports without a round trip",
  "BA-3": "storage of a connection in a value",
  "CH-1": "halves inside any value",
  "CH-2": "limit for an item",
  "CH-3": "large values streamed",
  "CH-4": "errors told apart",
  "CH-5": "status of a send",
  "CH-6": "halves over further connections",
  "CH-7": "halves used without a round trip",
  "CH-8": "lists of ports without labels",
  "CH-9": "errors that were passed on",
  "CH-10": "why a sender is closed",
  "CO-1": "codecs of single channels",
  "CO-2": "JSON",
  "CO-3": "CBOR",
  "CO-4": "MessagePack",
  "CO-5": "Postbag",
  "CO-6": "Postbag Slim",
  "CO-7": "Postcard",
  "CO-8": "Bincode",
  "CO-9": "Bincode 2",
  "CO-10": "maps with keys that are no strings",
  "CO-11": "codecs without their type",
  "CO-12": "types that change",
  "CO-13": "Postbag 1",
  "CO-14": "Postbag 1 Slim",
  "CO-15": "version of Postbag by connection",
  "CO-16": "fields left out that have their default",
  "CO-17": "compact forms of remoc's own types",
  "CO-18": "values that may be unreadable",
  "CO-19": "compact forms of std's types",
  "CO-20": "integers of fixed size",
  "CO-21": "floats of varying size",
  "CO-22": "limit of nesting",
  "CO-23": "hooks of codecs",
  "MP-1": "mpsc",
  "MP-2": "mpsc: send without waiting",
  "MP-3": "mpsc: reservation",
  "MP-4": "mpsc: blocking variants",
  "MP-5": "mpsc: ways to receive",
  "MP-6": "mpsc: close and its reasons",
  "MP-7": "mpsc: final error at the end",
  "MP-8": "mpsc: streams",
  "MP-9": "mpsc: codec and buffer of one channel",
  "MP-10": "mpsc: distributor",
  "MP-11": "mpsc: forward a local channel",
  "MP-12": "mpsc: parallel ports",
  "MP-13": "mpsc: parallel ports that travel on",
  "MP-14": "mpsc: buffer of 16",
  "OS-1": "oneshot",
  "OS-2": "oneshot: forward a local channel",
  "WA-1": "watch",
  "WA-2": "watch: receiving",
  "WA-3": "watch: flags of change",
  "WA-4": "watch: wait for a value",
  "WA-5": "watch: subscribe, closed",
  "WA-6": "watch: errors of earlier values",
  "WA-7": "watch: forward a local channel",
  "WA-8": "watch: conditional send",
  "WA-9": "watch: limits of the rate",
  "WA-10": "watch: strategies of transfer",
  "WA-11": "watch: limits told when they change",
  "BC-1": "broadcast",
  "BC-2": "broadcast: receiving, lag",
  "BC-3": "broadcast: limit of one subscriber",
  "BC-4": "broadcast: feeder",
  "BC-5": "broadcast: status of a send",
  "BC-6": "broadcast: weak senders",
  "LR-1": "lr",
  "LR-2": "lr is deprecated",
  "BI-1": "bin",
  "BI-2": "bin: data before acceptance",
  "IO-1": "io of known size",
  "IO-2": "io of unknown size",
  "IO-3": "io: progress",
  "IO-4": "io of remoc 0.20",
  "FN-1": "RFn",
  "FN-2": "RFnMut",
  "FN-3": "RFnOnce",
  "FN-4": "arguments and results of functions",
  "FN-5": "functions: kept and taken back by their owner",
  "FN-6": "functions: limit of calls at once",
  "FN-7": "functions passed on",
  "FN-8": "functions: name, what of them is traced",
  "FN-9": "functions: the caller's span",
  "FN-10": "functions: spans of calls",
  "HA-1": "Handle",
  "HA-2": "Handle: released by its last holder",
  "LZ-1": "Lazy",
  "LB-1": "LazyBlob",
  "LB-2": "LazyBlob passed on, and used here",
  "RW-1": "RwLock: read",
  "RW-2": "RwLock: write",
  "RW-3": "RwLock: what was read is renewed",
  "PR-1": "provider as one type",
  "OB-1": "collections: content as a whole",
  "OB-2": "collections: content item by item",
  "OB-3": "collections: state of a subscription",
  "OB-4": "collections: done",
  "OB-5": "collections: lag",
  "OB-6": "collections: errors, number of subscribers",
  "OB-7": "collections: told of changes here",
  "OV-1": "ObservableVec",
  "OD-1": "ObservableVecDeque",
  "OM-1": "ObservableMap",
  "OT-1": "ObservableSet",
  "OL-1": "ObservableList",
  "OL-2": "ObservableList: distributor",
  "MI-1": "mirrors",
  "MI-2": "mirrors of mirrors",
  "TR-1": "traits: clients and servers",
  "TR-2": "traits: server by value",
  "TR-3": "traits: server of a reference",
  "TR-4": "traits: server of an exclusive reference",
  "TR-5": "traits: shared server",
  "TR-6": "traits: readers together, writers alone",
  "TR-7": "traits: requests as values",
  "TR-8": "traits: which servers are generated",
  "TR-9": "traits: ways to write a method",
  "TR-10": "traits: default methods, supertraits",
  "TR-11": "traits: generics",
  "TR-12": "traits: associated types",
  "TR-13": "traits: clients are cloned",
  "TR-14": "traits: cancellation",
  "TR-15": "traits: state of a client",
  "TR-16": "traits: limits of size",
  "TR-17": "traits: a reply that cannot be sent",
  "TR-18": "traits: unknown requests",
  "TR-19": "traits: arguments left out",
  "TR-20": "traits: channels in calls",
  "TR-21": "traits: clients as values",
  "TR-22": "traits: failed calls as errors of the method",
  "TR-23": "traits: monitors",
  "TR-24": "traits: which method a request is for",
  "TR-25": "traits: spans of calls",
  "TR-26": "traits: answers awaited later",
  "TR-27": "traits: calls in one go",
  "TR-28": "traits: pipelined calls",
  "TR-29": "traits: requests as values that travel",
  "TR-30": "traits: client first",
  "TR-31": "traits: server of given requests",
  "TR-32": "traits: requests forwarded",
  "TR-33": "traits: sequential clients",
  "TR-34": "traits: clients that stop at an error",
  "TR-35": "traits: responder",
  "TR-36": "traits: numbered names",
  "TR-37": "traits: renamed methods",
  "TR-38": "traits: the caller's span",
  "TR-39": "traits: monitors that are there by default",
  "TR-40": "traits: monitor that logs",
  "TR-41": "traits: limit of calls at once",
  "TR-42": "traits: not served",
  "TR-43": "traits: options of the macro",
  "TC-1": "context of spans",
  "TC-2": "makers of spans",
  "VE-1": "one type in two forms",
};

/** Nothing of these is on the wire: tests beside the code show them. */
const local = words(
  "OB-6 OB-7 OL-2 CH-4 CH-5 CH-10 CO-22 MP-2 MP-3 MP-5 MP-7 MP-8 MP-10 MP-11 MP-14 OS-2 WA-3 WA-4 WA-6 WA-7 WA-8 " +
    "BC-5 BC-6 PR-1 FN-6 TR-3 TR-4 TR-5 TR-7 TR-22 TR-23 TR-24 TR-30 TR-31 TR-32 TR-35 TR-39 TR-41",
);

/** The programs of remoc that tests run do not ask for these: tests with both ends of ours show them. */
const ours = words("FN-7 HA-2 LB-2 TR-36 TR-37 TR-38 TC-1");

/** remoc 0.18 has none of these. */
const since20 = words(
  "BA-2 CH-7 CH-8 CH-9 CO-13 CO-14 CO-15 CO-16 CO-17 MP-12 MP-13 WA-9 WA-10 WA-11 BI-2 IO-1 IO-2 IO-3 IO-4 LR-2 " +
    "TR-28 TR-29 TR-33 TR-34 TR-42",
);

/** What explains whole rows. */
const rows = {
  "MP-4": "no threads",
  "BA-3": "t.unit",
  "LR-2": "a word of docs",
  "CO-11": "Rust only",
  "CO-23": "Rust only",
  "VE-1": "Rust only",
  // The vectors were recorded from remoc, and hold what it reads and writes.
  "CO-12": "recorded",
  "CO-18": "recorded",
  "CO-19": "recorded",
  "CO-20": "recorded",
  "CO-21": "recorded",
  "TR-8": "Rust only",
  "TR-9": "Rust only",
  "TR-10": "as TR-1",
  "TR-11": "Rust only",
  "TR-12": "Rust only",
  "TR-26": "promises",
  "TR-27": "promises",
  "TR-43": "Rust only",
  "TR-40": "a monitor of one's own",
  "FN-8": "no spans",
  "FN-9": "no spans",
  "FN-10": "no spans",
  "TR-25": "no spans",
  "TC-2": "no spans",
};

const collections = words("OB-1 OB-2 OB-3 OB-4 OB-5 OV-1 OD-1 OM-1 OT-1 OL-1 MI-1 MI-2");

/** What explains single cells: those of a runtime, and of a role unless it is left out. */
const cells = [
  { ids: words("CH-9"), runtime: "Chromium", role: "ask", word: "as in Node" },
  ...runtimes.flatMap((runtime) => [
    // Both ends own and mirror over one connection.
    { ids: collections, runtime, role: "serve", word: "one row for both" },
    { ids: words("CH-6 CH-9"), runtime, role: "serve", word: "one row for both" },
    { ids: words("BC-3"), runtime, role: "serve", word: "as CH-2" },
    { ids: words("BC-4"), runtime, role: "serve", word: "as MP-1" },
  ]),
];

/** Why a cell is not green, in a word; undefined when nobody says. */
function reason(id, { version, runtime, role }) {
  if (local.has(id)) return "local";
  if (id in rows) return rows[id];
  if (ours.has(id)) return "ours";
  if (since20.has(id) && version === "0.18.3") return "0.20 only";
  const isHere = (cell) => cell.ids.has(id) && cell.runtime === runtime && (cell.role ?? role) === role;
  return cells.find(isHere)?.word;
}

/** Whether a test noted that the feature works there. */
function isShown(shown, id, { version, runtime, role }) {
  return shown.some(
    (one) => one.ids.includes(id) && one.version === version && one.runtime === runtime && one.role === role,
  );
}

function words(text) {
  return new Set(text.split(" "));
}

/**
 * Prints the table and resolves with what is wrong with it, if anything is. `ran` are the runtimes whose tests were run, all
 * of them.
 */
export function printFeatures(ran) {
  const shown = existsSync(shownFile)
    ? readFileSync(shownFile, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
    : [];
  const cellOf = (id, column) => {
    const isNew = since20.has(id) && column.version === "0.18.3";
    if (!isNew && isShown(shown, id, column)) return "yes";
    return reason(id, column) ?? (ran.includes(column.runtime) ? "–" : "not run");
  };
  const table = Object.entries(features).map(([id, title]) => [id, ...columns.map((one) => cellOf(id, one)), title]);
  console.log(
    text([["", ...columns.map(({ version, runtime, role }) => `${version} ${runtime} ${role}`), ""], ...table]),
  );
  const unknown = shown.flatMap(({ ids }) => ids).filter((id) => !(id in features));
  const missing = table.filter(([, ...row]) => row.slice(0, -1).every((cell) => cell === "–" || cell === "not run"));
  const unexplained = table.flatMap(([id, ...row]) =>
    columns
      .filter((_, at) => row[at] === "–")
      .map(({ version, runtime, role }) => `${id} ${version} ${runtime} ${role}`),
  );
  return { missing: missing.map(([id]) => id), unknown: [...new Set(unknown)], unexplained };
}

/** Rows of cells as lines of columns. */
function text(table) {
  const widths = table[0].map((_, at) => Math.max(...table.map((row) => row[at].length)));
  return table
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
