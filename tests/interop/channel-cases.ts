/** Cases of several connections, and of what came with remoc 0.20: streams of bytes, limits of the rate, parallel ports. */

import assert from "node:assert/strict";
import { assertEnded, define } from "./cases.ts";

/** IO-1 to IO-4. */
export const ioCases = [false, true].flatMap((offered) => {
  const whose = offered ? "the peer's halves" : "our halves";
  return [false, true].map((sized) => {
    const title = `io: ${sized ? "a known" : "an unknown"} number of bytes comes back over ${whose}`;
    return define(title, "ioEcho", { offered, sized }, ({ same, sizes, progress, code, ending }) => {
      const before = sized ? 300_000 : undefined;
      assert.deepEqual(
        { same, sizes, progress, code },
        { same: true, sizes: [before, 300_000], progress: true, code: "" },
      );
      assertEnded(ending);
    });
  });
});

/** The sender leaves without saying how much there was. */
export const ioBreaksOff = define(
  "io: a stream that breaks off is no end",
  "ioEcho",
  { offered: false, sized: false, breaksOff: true },
  ({ same, code, ending }) => {
    assert.deepEqual({ same, code }, { same: false, code: "remote_failed" });
    assertEnded(ending);
  },
);

/** WA-9: of a hundred values the first one, one behind it and the last one come through a limit of an hour. */
export const rateCases = [
  define("WA-9: limits of the rate travel with halves of both sides", "watchLimited", {}, (result) => {
    const { followed, driven, offered, ending } = result;
    for (const { seen, last } of [followed, driven, offered]) {
      assert.ok(seen >= 2 && seen <= 3, `${seen} values were seen`);
      assert.equal(last, 100);
    }
    assert.deepEqual([followed.limit_ms, driven.limit_ms], [7n, 9n]);
    assertEnded(ending);
  }),
  define("WA-11: a limit that changes pauses the values, and lets them come again", "watchPaused", {}, (result) => {
    const { ending, ...seen } = result;
    assert.deepEqual(seen, { paused: true, resumed: true });
    assertEnded(ending);
  }),
  ...(["Single", "GlobalBuffered", "ChannelBuffered"] as const).map((strategy) =>
    define(`WA-10: the last value comes with strategy ${strategy}`, "watchStrategy", { strategy }, (result) => {
      assert.deepEqual(result.last, [100, 100, 100]);
      assertEnded(result.ending);
    }),
  ),
];

/** MP-12 and MP-13. */
export const laneCases = [false, true].flatMap((offered) => {
  const whose = offered ? "the peer's halves" : "our halves";
  return [0, 1, 3].flatMap((parallel) => [
    define(
      `mpsc: items come back in order over ${whose} with ${parallel} parallel ports`,
      "lanesEcho",
      { offered, parallel },
      ({ count, differences, reason, ports, ending }) => {
        assert.deepEqual({ count, differences, reason }, { count: 100, differences: [], reason: undefined });
        assert.equal(ports, 2 + 2 * parallel);
        assertEnded(ending);
      },
    ),
    define(
      `mpsc: a close is heard over ${whose} with ${parallel} parallel ports`,
      "lanesEcho",
      { offered, parallel, closeAfter: 5 },
      ({ count, differences, reason, ending }) => {
        assert.deepEqual({ differences, reason }, { differences: [], reason: "closed" });
        assert.ok(count >= 5, `${count} items came back`);
        assertEnded(ending);
      },
    ),
  ]);
});

/** What takes several connections. */
export const hopCases = [
  define("CH-6: halves that one connection brought are used over another", "passedOn", {}, (result) => {
    assert.deepEqual(result.report, { received: [0, 1, 2, 3, 4], ended: "end" });
    assert.deepEqual(result.lengths, [0, 1, 100_000, undefined]);
    for (const ending of result.endings) assertEnded(ending);
  }),
  define(
    "BC-3 BC-4: a peer feeds a broadcast, one of whose subscribers takes short values",
    "fedBroadcast",
    {},
    (result) => {
      const numbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
      assert.deepEqual(result.here, numbers);
      assert.deepEqual(result.heard, { values: numbers, lags: 0 });
      for (const ending of result.endings) assertEnded(ending);
    },
  ),
];

/** Every case of what came with 0.20, for whoever has all of them. */
export const newerCases = [...ioCases, ...rateCases, ...laneCases];

/** The peer's lag, which it tells of. */
export const lagCase = define(
  "OB-5: a mirror that is too slow for the peer's collections says so, and one subscribes again by itself",
  "collectionsLag",
  {},
  ({ ended, reasons, again, ending }) => {
    assert.deepEqual(
      { ended, reasons, again },
      { ended: "local_lagged", reasons: ["local_lagged"], again: [["b", 2]] },
    );
    assertEnded(ending);
  },
);

const mirroringCases = (
  [
    [
      "collectionsThere",
      "OB-1 OB-2 OB-3 OB-4 OV-1 OD-1 OM-1 OT-1 OL-1 MI-1: collections of the peer are mirrored here",
    ],
    [
      "collectionsHere",
      "OB-1 OB-2 OB-3 OB-4 OV-1 OD-1 OM-1 OT-1 OL-1 MI-1: collections of this side are mirrored there",
    ],
    ["collectionsBack", "MI-2: collections of this side come back from mirrors of the peer"],
  ] as const
).map(([scenario, title]) =>
  define(title, scenario, { seed: 7 }, ({ seen, wanted, isDone, ending }) => {
    assert.equal(isDone, true);
    assert.deepEqual(seen, wanted);
    assert.ok(wanted.vec.length > 0 && wanted.map.length > 0);
    assertEnded(ending);
  }),
);

/** Live collections, which only remoc's programs own and mirror. */
export const collectionCases = [...mirroringCases, lagCase];
