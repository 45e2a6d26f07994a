/** What the tests of windows, workers and the life of a page share. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, type Frame, type Page } from "@playwright/test";

const root = join(import.meta.dirname, "..", "..", "..");

/** The started servers of this folder. */
export interface Servers {
  /** Where most pages come from. */
  readonly home: string;
  /** Another origin. */
  readonly away: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** Builds the pages and starts both servers. */
export async function startServers(): Promise<Servers> {
  const node = join(root, "node_modules", ".bin", "node");
  const process = spawn(node, [join(import.meta.dirname, "server.ts")], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(process, "close");
  const [line] = await Promise.race([once(createInterface({ input: process.stdout }), "line"), ended]);
  const [home, away] = JSON.parse(String(line)) as [string, string];
  return {
    home,
    away,
    process,
    async stop() {
      process.kill();
      await ended;
    },
  };
}

/** Opens a page of these servers; `complaints` collects what it complains about. */
export async function openPage(page: Page, url: string, complaints: string[] = []): Promise<void> {
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  await page.goto(url);
  await ready(page);
}

/** Resolves when the script of the page has run. */
export async function ready(frame: Page | Frame): Promise<void> {
  await frame.waitForFunction(() => "lab" in globalThis);
}

/** Puts a frame into the page; resolves with it when its script has run. */
export async function addFrame(page: Page, url: string, attributes: Record<string, string> = {}): Promise<Frame> {
  const name = `frame-${page.frames().length}`;
  await page.evaluate(
    ([to, id, more]) => {
      const frame = document.createElement("iframe");
      Object.assign(frame, { id, name: id });
      for (const [key, value] of Object.entries(more)) frame.setAttribute(key, value);
      frame.src = to;
      document.body.append(frame);
    },
    [url, name, attributes] as const,
  );
  await expect.poll(() => page.frame({ name })?.url()).toBe(url);
  const frame = page.frame({ name });
  if (frame === null) throw new Error("the frame is gone");
  await ready(frame);
  return frame;
}
