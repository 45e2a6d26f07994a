/** Where the side that connects runs: a page of Chromium or a process of Node of its own. */

import { type ChildProcess, fork } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { type Browser, chromium } from "playwright";
import { build } from "vite";
import config from "../../playwright.config.ts";
import type { Tasks } from "../tasks/index.ts";

/** Runs tasks, one at a time. */
export interface Host {
  readonly name: string;
  /** Rejects with what the task failed with, or when the host ended. */
  run<Name extends keyof Tasks>(
    name: Name,
    args: Parameters<Tasks[Name]>[0],
  ): Promise<Awaited<ReturnType<Tasks[Name]>>>;
  /** One of the same kind in which nothing has run; to be closed before this one. */
  another(): Promise<Host>;
  close(): Promise<void>;
}

const folder = join(import.meta.dirname, "..");
const built = join(folder, "..", "node_modules", ".cuttle", "bench-page");

/** A process of Node. One that a library ended gives way to another. */
export function nodeHost(): Host {
  const start = (): ChildProcess => fork(join(import.meta.dirname, "node-host.ts"), { execArgv: ["--expose-gc"] });
  let child = start();
  return {
    name: "Node",
    async run(name, args) {
      if (hasEnded(child)) child = start();
      child.send({ name, args });
      const { result, error } = await nextMessage<{ result: never; error?: string }>(child);
      if (error === undefined) return result;
      // What a library that failed has left may fail as well, in the time of the next one.
      child.kill();
      await ended(child);
      throw new Error(error);
    },
    another: async () => nodeHost(),
    close: () => ended(child),
  };
}

/** A page of Chromium, newly built, from a server on localhost. */
export async function chromiumHost(): Promise<Host> {
  await build({
    configFile: false,
    root: join(folder, "page"),
    logLevel: "error",
    worker: { format: "es" },
    build: { outDir: built, emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 10_000 },
  });
  const server = createServer((request, response) => {
    const path = request.url === "/" ? "/index.html" : (request.url ?? "");
    readFile(join(built, path)).then(
      (bytes) =>
        response
          .writeHead(200, { ...isolation, "Content-Type": contentTypes[extname(path)] ?? "text/plain" })
          .end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser: Browser = await chromium.launch(config.projects?.[0]?.use?.launchOptions);
  console.log(`Chromium ${browser.version()}`);
  const page = await pageHost(browser, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    ...page,
    async close() {
      await browser.close();
      server.close();
    },
  };
}

async function pageHost(browser: Browser, url: string): Promise<Host> {
  const { evaluate, close } = await openPage(browser, url);
  // What runs while the page takes the place of the empty one has no answer.
  const isReady = (): Promise<boolean> => evaluate("window.benchTasks !== undefined").catch(() => false);
  while (!(await isReady())) await new Promise((resolve) => setTimeout(resolve, 20));
  return {
    name: "Chromium",
    run: (name, args) => evaluate(`window.benchTasks[${JSON.stringify(name)}](${JSON.stringify(args)})`),
    another: () => pageHost(browser, url),
    close,
  };
}

/** What Chromium answers and tells of a page. */
interface PageMessage {
  id?: number;
  method?: string;
  result?: { result: { value: never }; exceptionDetails?: PageException };
  params?: { exceptionDetails: PageException };
}

interface PageException {
  text: string;
  exception?: { description?: string };
}

/** A page, and what evaluates in it. */
interface Page {
  evaluate(expression: string): Promise<never>;
  close(): Promise<void>;
}

/**
 * Opens a page that Playwright does not watch. Of its own pages Playwright has every message of a WebSocket copied to it,
 * which takes several times as long as sending it.
 */
async function openPage(browser: Browser, url: string): Promise<Page> {
  const session = await browser.newBrowserCDPSession();
  const { targetId } = await session.send("Target.createTarget", { url });
  const { sessionId } = await session.send("Target.attachToTarget", { targetId, flatten: false });
  const waiting = new Map<number, (message: PageMessage) => void>();
  session.on("Target.receivedMessageFromTarget", ({ message }) => {
    const { id, ...told } = JSON.parse(message) as PageMessage;
    if (id !== undefined) waiting.get(id)?.(told);
    else if (told.method === "Runtime.exceptionThrown")
      console.error(`page: ${describe(told.params?.exceptionDetails)}`);
  });
  let last = 0;
  const call = async (method: string, params: object): Promise<PageMessage> => {
    const id = ++last;
    const answered = new Promise<PageMessage>((resolve) => waiting.set(id, resolve));
    await session.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method, params }) });
    return await answered.finally(() => waiting.delete(id));
  };
  await call("Runtime.enable", {});
  return {
    async evaluate(expression) {
      const { result } = await call("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
      if (result === undefined || result.exceptionDetails !== undefined)
        throw new Error(describe(result?.exceptionDetails));
      return result.result.value;
    },
    async close() {
      await session.send("Target.closeTarget", { targetId });
      await session.detach();
    },
  };
}

function describe(details: PageException | undefined): string {
  return details?.exception?.description ?? details?.text ?? "the page has no answer";
}

/** An isolated page has a clock of 5 µs; others have one of 100 µs. */
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
const contentTypes: Record<string, string> = { ".html": "text/html", ".js": "text/javascript" };

/** The next message of a child; rejects when it ends first. */
export function nextMessage<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null, signal: string | null): void => {
      child.off("message", onMessage);
      reject(new Error(`a process of the benchmark ended with ${signal ?? code}`));
    };
    const onMessage = (message: unknown): void => {
      child.off("exit", onExit);
      resolve(message as T);
    };
    child.once("message", onMessage);
    child.once("exit", onExit);
  });
}

/** Lets a child go, which then ends by itself (so that a profile gets written); resolves when it has. */
export async function ended(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  if (child.connected) child.disconnect();
  await exited;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
