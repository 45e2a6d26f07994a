/**
 * The scenarios in WebKitGTK, which Playwright cannot drive: over WebDriver, with the page and server of the other
 * engines. `node tests/browser/webkit.ts FILE` writes `[{ suite, passed, failed, failures }]` to FILE, `failures` the
 * titles of what failed; CUTTLE_PEERS are the Rust peers, as for the server.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureWebkit } from "../../scripts/toolchain.mjs";
import { freePort } from "../../scripts/util.mjs";
import type { Where } from "./page/main.ts";
import { peerName, type Row, type Run, rows, runsOf, suiteOf } from "./rows.ts";

const root = join(import.meta.dirname, "..", "..");
const children: ChildProcess[] = [];
process.on("exit", () => {
  for (const child of children) child.kill();
});

const RUN_SCENARIO = `
  const done = arguments[arguments.length - 1];
  const plain = (key, value) => {
    if (typeof value === "bigint") return { $bigint: String(value) };
    return value === undefined ? { $undefined: true } : value;
  };
  testPage.runScenario(...[...arguments].slice(0, -1)).then(
    (result) => done({ result: JSON.stringify(result, plain) }),
    (error) => done({ error: String(error) + "\\n" + error.stack }),
  );
`;

const [file] = process.argv.slice(2);
const site = await startServer();
const session = await startWebkit();
const results = [];
// Debian's WebKitGTK is built without WebRTC.
for (const row of rows.filter(({ transport }) => transport !== "WebRTC")) results.push(await runRow(row));
await session.end();
if (file !== undefined) writeFileSync(file, JSON.stringify(results));
process.exit(results.every(({ failed }) => failed === 0) ? 0 : 1);

async function runRow(row: Row): Promise<{ suite: string; passed: number; failed: number; failures: string[] }> {
  const suite = suiteOf(row);
  const failures: string[] = [];
  await session.open(`${site}/`);
  const where = await whereIs(row.peer);
  const runs = runsOf(row, "WebKit");
  for (const run of runs) {
    const problem = await runOne(row, where, run);
    if (problem === undefined) continue;
    failures.push(run.title);
    console.log(`failed  WebKit › ${suite} › ${run.title}\n${problem}`);
  }
  const [passed, failed] = [runs.length - failures.length, failures.length];
  console.log(`WebKit › ${suite}: ${passed} passed, ${failed} failed`);
  return { suite, passed, failed, failures };
}

/** What is wrong, or undefined. */
async function runOne(row: Row, where: Where, { one, codec }: Run): Promise<string | undefined> {
  const asked = { scenario: one.scenario, codec, args: one.args };
  try {
    one.verify(await session.runScenario(row.environment, where, asked), peerName(row.peer));
    return undefined;
  } catch (error) {
    return String((error as Error).stack ?? error);
  }
}

async function whereIs(peer: Row["peer"]): Promise<Where> {
  if (peer === "worker" || peer === "shared worker") return peer;
  if (peer === "page") return "data channel";
  if (peer === "Node") return { base: site.replace("http:", "ws:") };
  const addresses = (await (await fetch(`${site}/peers.json`)).json()) as Record<string, string>;
  return { base: addresses[peer] ?? "" };
}

async function startServer(): Promise<string> {
  const port = await freePort(8811);
  const env = { ...process.env, PORT: String(port) };
  const child = started(process.execPath, ["tests/browser/server.ts"], { cwd: root, env });
  await answering(`http://localhost:${port}/`, child);
  return `http://localhost:${port}`;
}

/** A WebKit with one page, on a display of its own. */
async function startWebkit() {
  const { driver, display, browser } = await ensureWebkit();
  const screen = spawn(display, ["-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  children.push(screen);
  const [number] = (await once(screen.stdout, "data")) as [Buffer];
  const env = {
    ...process.env,
    DISPLAY: `:${String(number).trim()}`,
    // Everything here runs as whoever runs the tests, in CI as root, with no graphics card.
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
    WEBKIT_DISABLE_COMPOSITING_MODE: "1",
  };
  const port = await freePort(8831);
  const child = started(driver, [`--port=${port}`], { env });
  await answering(`http://127.0.0.1:${port}/status`, child);
  const call = (method: string, path: string, body?: object) =>
    webDriver(`http://127.0.0.1:${port}${path}`, method, body);
  const options = { binary: browser, args: ["--automation"] };
  const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": options } };
  const { sessionId } = (await call("POST", "/session", { capabilities })) as { sessionId: string };
  const at = `/session/${sessionId}`;
  await call("POST", `${at}/timeouts`, { script: 60_000 });
  return {
    open: (url: string) => call("POST", `${at}/url`, { url }),
    /** Values go through JSON, so those that it does not know are written in words on either side. */
    async runScenario(...args: unknown[]): Promise<unknown> {
      const outcome = (await call("POST", `${at}/execute/async`, { script: RUN_SCENARIO, args })) as Outcome;
      if ("error" in outcome) throw new Error(outcome.error);
      return outcome.result === undefined ? undefined : revived(JSON.parse(outcome.result));
    },
    end: () => call("DELETE", at),
  };
}

type Outcome = { result?: string } | { error: string };

/** A reviver would leave out what is undefined. */
function revived(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("$undefined" in value) return undefined;
  if ("$bigint" in value) return BigInt(value.$bigint as string);
  if (Array.isArray(value)) return value.map(revived);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, revived(part)]));
}

async function webDriver(url: string, method: string, body?: object): Promise<unknown> {
  const response = await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: { error?: string; message?: string } };
  if (!response.ok) throw new Error(`WebDriver: ${value.error}: ${value.message}`);
  return value;
}

function started(command: string, args: string[], options: { cwd?: string; env: NodeJS.ProcessEnv }): ChildProcess {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"], ...options });
  children.push(child);
  return child;
}

/** Resolves when the program answers at `url`; throws when it has ended. */
async function answering(url: string, program: ChildProcess): Promise<void> {
  while (program.exitCode === null) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${program.spawnfile} ended with code ${program.exitCode}`);
}
