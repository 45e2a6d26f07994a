/** Traces of connections, played into the core as it is built for the machine. */

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { coreEnvironment } from "../../scripts/util.mjs";
import { memoryPair } from "../../ts/index.ts";
import { connectMux, Trace } from "../../ts/mux.ts";
import { recorder } from "../../ts/transport/recorder.ts";
import { count } from "../scenarios/index.ts";
import { codecs, useRustPeers, versions } from "./support.ts";

const peerOf = useRustPeers();
const core = join(import.meta.dirname, "..", "..", "wasm-core");
const HELLO = "0243484d5558000360ea00000000000000400000000001008000";
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cuttle-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the program prints for a trace, and its exit code. */
async function replay(trace: Trace): Promise<{ code: number; out: string }> {
  const file = join(folder, "trace");
  writeFileSync(file, trace.bytes());
  const args = ["run", "--quiet", "--locked", "-p", "cuttle-mux", "--example", "replay", "--", file];
  return await new Promise((resolve) => {
    execFile("cargo", args, { cwd: core, env: coreEnvironment() }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), out: stdout + stderr });
    });
  });
}

describe.each(versions)("a session with remoc %s", (version) => {
  test.each(codecs)(
    "is repeated without a difference ($name)",
    async (codec) => {
      const trace = new Trace({ payloadBytes: 0 });
      const route = { connectTo: (path: string) => peerOf(version).url + path, codec, options: { trace } };
      await count(route, { upTo: [4, 2_000] });
      const { code, out } = await replay(trace);
      expect([code, out]).toEqual([0, expect.not.stringMatching(/cannot be repeated|failed/)]);
      expect(out.match(/Chunk \{/g)?.length).toBeGreaterThanOrEqual(2_004);
      expect(out).toMatch(/ Ended$/m);
    },
    240_000,
  );
});

test("a violation of the protocol is found again", async () => {
  const { a, b } = memoryPair();
  const sink = recorder();
  await b.start(sink);
  const trace = new Trace();
  for (const frame of ["01", HELLO]) b.send(Buffer.from(frame, "hex"));
  const mux = await connectMux(a, { trace, capabilities: [] });
  await sink.untilFrames(2);
  b.send(Buffer.from("0a07000000", "hex"));
  await expect(mux.closed).rejects.toMatchObject({ code: "peer_protocol" });
  const { code, out } = await replay(trace);
  expect([code, out]).toEqual([1, expect.stringMatching(/^failed: UnknownPort \{ message: 10, port: 7 \}$/m)]);
}, 240_000);
