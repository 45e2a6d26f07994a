/** Calling in both directions. Against stock remoc in its default codec only. */

import assert from "node:assert/strict";
import type { RoomsReport } from "../scenarios/rooms.ts";
import { assertEnded, type Case, define, type PeerName } from "./cases.ts";

/** What a Rust caller reports of our counter. */
export const COUNTER_REPORT = {
  first: 0,
  seen: 20,
  overflow: "Err(Overflow { current_value: 20 })",
  counted: [0, 5, 10, 15],
  cancelled: 101,
  measured: [4, 8],
  name: "lobby",
  ended: "lobby has ended",
  unknown: true,
  too_large: true,
  after: "xxx",
};

/** What a Rust user reports of our objects. */
export const OBJECTS_REPORT = {
  sum: "3",
  error: "TooLarge { limit: 1000 }",
  numbers: ["1", "2"],
  last: "last call",
  opaque: true,
  revealed: "xyzzy",
  fetched: "fetched",
  len: 300_000,
  whole: true,
  before: 7,
  after: 9,
  discarded: 9,
  applied: "34",
};

/** What our caller sees of a counter. */
const COUNTER = {
  first: 0,
  seen: 20,
  overflow: 20,
  counted: [0, 5, 10, 15],
  cancelled: 101,
  measured: [4, 8],
  name: "lobby",
  ended: "lobby has ended",
  afterEnd: "remote_closed",
  tooLarge: "remote_failed",
};

/** What our user sees of objects. */
const OBJECTS = {
  sum: 3,
  limit: 1_000,
  numbers: [1, 2],
  last: "last call",
  isLocal: false,
  revealed: "xyzzy",
  fetched: "fetched",
  len: 300_000,
  whole: true,
  locked: [7, 9, 9],
  applied: 34,
};

/** What a Rust user of our rooms reports. */
const ROOMS_18 = {
  said: "lobby: hi",
  deep: "lobby/side: hello",
  denied: { Err: "Denied" },
  greeted: "mine: hello",
};

/** The same with everything that 0.20 can ask for. */
const ROOMS_20 = { ...ROOMS_18, notes: [1, 1, 2, 2, 3, 3], failed: { Err: "Denied" }, stopped: true };

/**
 * What a Rust user of our rooms reports. A call that is queued for a client that is denied is not served when it came
 * here; remoc drops it itself when it hears of the end while the call is in its own buffer (`send_impl` of rch/mpsc).
 */
export function assertRustRooms({ queued, ...report }: { queued?: string }, version: "0.18.3" | "0.20.5"): void {
  assert.deepEqual(report, version === "0.18.3" ? ROOMS_18 : ROOMS_20);
  if (version === "0.20.5") assert.match(queued ?? "", /^Err\((NotServed|Dropped)\)$/);
}

/** What our user sees of rooms; peers that do not know the options of 0.20 are sent none of them. */
function assertRooms({ notes, stopped, ...report }: RoomsReport, peer: PeerName): void {
  assert.deepEqual(report, {
    said: ["lobby: hi", "lobby/side: hello", "lobby/side/farther: oh", "plain: well"],
    denied: ["Denied", "Denied", "Denied"],
    greeted: ["mine: hello", "early: hello"],
  });
  if (notes === "peer_incompatible") {
    assert.deepEqual(stopped, ["peer_incompatible", "peer_incompatible"]);
    return;
  }
  assert.notEqual(peer, "0.18.3");
  assert.deepEqual(notes, [1, 1, 2, 2, 3, 3]);
  assert.equal(stopped[0], "Denied");
  // The server has ended, or the call has reached it before and is not served.
  assert.ok(["remote_closed", "remote_failed", "peer_incompatible"].includes(stopped[1] ?? ""), stopped[1]);
}

/** Every case. */
export const callingCases: readonly Case[] = [
  define(
    "TR-1 TR-2 TR-6 TR-13 TR-14 TR-15 TR-16 TR-18 TR-19 TR-20 TR-21: the peer's trait is called in every way",
    "counter",
    {},
    ({ ending, unknown, after, ...report }, peer) => {
      assert.deepEqual(report, COUNTER);
      assert.equal(unknown, peer === "cuttle" ? "1" : "peer_incompatible");
      // TR-17: a reply that is too large ends a server of stock remoc, and none of ours.
      // The last call may still reach it, and then finds that it has just gone.
      const gone = ["remote_closed", "remote_failed", "peer_incompatible"];
      assert.ok((peer === "cuttle" ? ["xxx"] : gone).includes(after), after);
      assertEnded(ending);
    },
  ),
  define(
    "TR-1 TR-2 TR-6 TR-13 TR-14 TR-16 TR-17 TR-18 TR-19 TR-20 TR-21: our implementation is called by the peer in every way",
    "servedCounter",
    {},
    ({ ending, report, server }, peer) => {
      assert.equal(server, "over");
      if (peer === "cuttle") assert.deepEqual(report, { ...COUNTER, unknown: "1", after: "xxx" });
      else assert.deepEqual(report, COUNTER_REPORT);
      assertEnded(ending);
    },
  ),
  define(
    "FN-1 FN-2 FN-3 FN-4 HA-1 LZ-1 LB-1 RW-1 RW-2 RW-3: the peer's functions and objects are used",
    "objects",
    {},
    ({ ending, ...report }) => {
      assert.deepEqual(report, OBJECTS);
      assertEnded(ending);
    },
  ),
  define(
    "FN-1 FN-2 FN-3 FN-4 FN-5 HA-1 LZ-1 LB-1 RW-1 RW-2 RW-3: our functions and objects are used by the peer",
    "ownedObjects",
    {},
    ({ ending, report }, peer) => {
      assert.deepEqual(report, peer === "cuttle" ? OBJECTS : OBJECTS_REPORT);
      assertEnded(ending);
    },
  ),
  define(
    "TR-28 TR-29 TR-33 TR-34 TR-35 TR-42: clients of the peer are called before they are there",
    "rooms",
    {},
    ({ ending, ...report }, peer) => {
      assertRooms(report, peer);
      assertEnded(ending);
    },
  ),
  define(
    "TR-28 TR-29 TR-30 TR-33 TR-34 TR-35 TR-42: clients of ours are called by the peer before they are there",
    "servedRooms",
    {},
    ({ ending, report, server }, peer) => {
      assert.equal(server, "over");
      if (peer === "cuttle") assertRooms(report as RoomsReport, peer);
      else assertRustRooms(report as { queued?: string }, peer);
      assertEnded(ending);
    },
  ),
];
