/** Cases of streams of bytes, for peers that have them: remoc 0.20 and this library. */

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
