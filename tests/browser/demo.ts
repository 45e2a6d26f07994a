/** Starts the demo for tests, and finds its parts. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect as baseExpect, type Locator, type Page } from "@playwright/test";

/** A busy machine may take its time. */
export const expect = baseExpect.configure({ timeout: 60_000 });

export const root: string = join(import.meta.dirname, "..", "..");
const node = join(root, "node_modules", ".bin", "node");

/** A started demo server. */
export interface Demo {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

const started: Demo[] = [];
let built: Promise<void> | undefined;

/** Builds the page, once for all tests of a process. */
function build(): Promise<void> {
  const run = async (): Promise<void> => {
    const vite = join(root, "node_modules", "vite", "bin", "vite.js");
    const stdio = ["ignore", "ignore", "inherit"] as const;
    const child = spawn(node, [vite, "build", "--logLevel", "error"], { cwd: root, stdio: [...stdio] });
    expect(await once(child, "close"), "vite build").toEqual([0, null]);
  };
  built ??= run();
  return built;
}

/** Ends every server that was started. */
export async function endDemos(): Promise<void> {
  await Promise.all(started.splice(0).map((one) => one.stop()));
}

export async function startDemo(options: { port?: number; rust?: Record<string, string> } = {}): Promise<Demo> {
  await build();
  const { port = await freePort(), rust = {} } = options;
  const env = { ...process.env, PORT: String(port), CUTTLE_RUST_PEERS: JSON.stringify(rust) };
  const child = spawn(node, ["demo/server.ts"], { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended]);
  expect(line).toBe(`ready http://localhost:${port}/`);
  const one = { url: `http://localhost:${port}/`, port, stop: () => stop(child, ended) };
  started.push(one);
  return one;
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill();
  await ended;
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "localhost");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Opens the page and collects what it complains about. */
export async function open(page: Page, url: string): Promise<string[]> {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  await page.goto(url);
  return complaints;
}

export function card(page: Page, peer: string): Locator {
  return page.locator(`[data-peer="${peer}"]`);
}

export async function connected(page: Page, peer: string): Promise<Locator> {
  await expect(card(page, peer)).toHaveAttribute("data-state", "connected");
  return card(page, peer);
}

/** Presses Tab until the field or button has the focus, as somebody without a mouse would. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 100; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("Tab never reaches it");
}
