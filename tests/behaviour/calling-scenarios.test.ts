/** The calling scenarios of the interop suite, between two ends of this library. */

import { describe, expect, test } from "vitest";
import { connect } from "../../ts/index.ts";
import { callingCases } from "../interop/calling-cases.ts";
import { runCase } from "../interop/cases.ts";
import { playPeer } from "../scenarios/peer.ts";
import { CODECS } from "./support/pair.ts";

describe.each(CODECS)("over a MessagePort, in $name", (codec) => {
  test.each(callingCases)("$title ($scenario)", async (one) => {
    const ended: Promise<unknown>[] = [];
    const connectTo = (path: string) => {
      const { port1, port2 } = new MessageChannel();
      ended.push(playPeer(path, (options) => connect(port2, options)));
      return port1;
    };
    await runCase(one, { connectTo, codec }, "cuttle");
    expect(await Promise.all(ended)).toEqual([{ by: expect.stringMatching(/^(local|peer)$/) }]);
  });
});
