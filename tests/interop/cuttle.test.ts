/** Every scenario with this library on both sides: over WebSocket to a Node server, and over a MessagePort. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CloseInfo, connect, type Target } from "../../ts/index.ts";
import { type Server, serve } from "../../ts/node/index.ts";
import { codeOf } from "../scenarios/close.ts";
import { type Join, playPeer } from "../scenarios/peer.ts";
import { cases, runCase } from "./cases.ts";
import { newerCases } from "./channel-cases.ts";
import { codecs } from "./support.ts";

/** How the connections of the peer's side ended, in the order in which they came. */
let ended: Promise<CloseInfo>[] = [];

function play(path: string, join: Join): Promise<CloseInfo> {
  const played = playPeer(path, join);
  played.catch(() => undefined); // Looked at when the page is done.
  ended.push(played);
  return played;
}

let server: Server;

beforeAll(async () => {
  server = await serve({ host: "127.0.0.1" }, async (incoming) => {
    await play(incoming.request.url ?? "", (options) => incoming.connect(options)).catch(() => undefined);
  });
});

afterAll(async () => {
  await server.close();
  expect(server.connections).toBe(0);
});

const carriers: { carrier: string; connectTo(path: string): Target }[] = [
  { carrier: "WebSocket", connectTo: (path) => server.url.slice(0, -1) + path },
  {
    carrier: "MessagePort",
    connectTo(path) {
      const { port1, port2 } = new MessageChannel();
      void play(path, (options) => connect(port2, options));
      return port1;
    },
  },
];

describe.each(carriers)("cuttle over $carrier", ({ connectTo }) => {
  describe.each(codecs)("$name", (codec) => {
    const all = codec.name === "postbag" ? [...cases, ...newerCases] : cases;
    test.each(all)("$title ($scenario)", async (one) => {
      ended = [];
      await runCase(one, { connectTo, codec }, "cuttle");
      const [outcome, ...others] = await Promise.allSettled(ended);
      expect(others).toEqual([]);
      // A role fails when the page closes below it: what broke off must not look like an end.
      const breaksOff = one.scenario === "closeWhileCounting" || one.scenario === "closeWhileSending";
      const how = outcome?.status === "fulfilled" ? `ended by ${outcome.value.by}` : codeOf(outcome?.reason);
      expect(how).toBeOneOf(
        breaksOff ? ["remote_connection_closed", "remote_closed"] : ["ended by peer", "ended by local"],
      );
    });
  });
});
