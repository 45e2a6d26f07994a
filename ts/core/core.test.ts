import { expect, test } from "vitest";
import { Came, Core, type CoreSettings } from "./core.ts";

const SETTINGS: CoreSettings = {
  timeoutMs: 60_000,
  handshakeTimeoutMs: 10_000,
  chunkBytes: 16_384,
  maxSendChunkBytes: 16_384,
  portWindowBytes: 65_536,
  connectQueue: 128,
  maxPorts: 1_024,
  sendQueueBytes: 65_536,
  bufferedBytes: 65_536,
  capabilities: [],
};

test("the first frame of a connection may be what makes the memory of all grow", () => {
  const garbage = new Uint8Array(SETTINGS.chunkBytes).fill(0xff);
  const cores = Array.from({ length: 100 }, (_, seed) => new Core(SETTINGS, seed, 0));
  for (const core of cores) expect(core.handleFrame(garbage, 0)).toBe(Came.events);
  for (const core of cores) core.free();
});
