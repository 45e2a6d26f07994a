/**
 * What the browser tests connect to: the built test pages, one of them with and without a content security policy; a cuttle
 * WebSocket server that plays the peer's roles; and the Rust peers, whose addresses are in `/peers.json`.
 *
 * `node tests/browser/server.ts`, on Node 24. PORT is where it listens, on localhost.
 */

import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join, normalize } from "node:path";
import { compile } from "svelte/compiler";
import { build, type Plugin } from "vite";
import { peers, startPeer } from "../../scripts/peers.mjs";
import { CuttleError } from "../../ts/index.ts";
import { attach } from "../../ts/node/index.ts";
import { playPeer } from "../scenarios/peer.ts";
import { directServer } from "./direct.ts";

const port = Number(process.env.PORT ?? 8791);
const root = join(import.meta.dirname, "..", "..");
/** One for each server: engines may be driven side by side. */
const built = join(root, "node_modules", ".cuttle", "browser-page", String(port));

const contentTypes: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};

/** React as in development, which checks more; and what Vue asks for. */
const defines: Record<string, string> = {
  "process.env.NODE_ENV": '"development"',
  __VUE_OPTIONS_API__: "false",
  __VUE_PROD_DEVTOOLS__: "false",
  __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
};

/** Compiles components of Svelte. */
const svelte: Plugin = {
  name: "svelte",
  transform(source, id) {
    return id.endsWith(".svelte")
      ? compile(source, { filename: id, generate: "client", css: "injected" }).js
      : undefined;
  },
};

/** Policies by the path of the page. The page's icon is data; `connect-src` is not what is tested. */
const policies: Record<string, string> = {
  "/strict.html": "default-src 'self'; img-src data:; connect-src *; script-src 'self'",
  "/wasm.html": "default-src 'self'; img-src data:; connect-src *; script-src 'self' 'wasm-unsafe-eval'",
};

/** How connections to the WebSocket server ended, by their URL. */
const endings: { url: string; how: string }[] = [];

await buildPage("page", "/");
await buildPage("screens", "/screens/");

/** The Rust peers by their release; filled while they start. */
const started: Record<string, Awaited<ReturnType<typeof startPeer>>> = {};
const rust = startRustPeers();
rust.catch(() => {}); // Whoever asks for the addresses is told.

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    response.writeHead(500, { "Content-Type": "text/plain; charset=utf-8" });
    response.end(String(error));
  });
});

attach(server, {}, async (incoming) => {
  const url = incoming.request.url ?? "";
  const [path = ""] = url.split("?");
  if (path === "/direct") return void (await incoming.provide(directServer()));
  try {
    const { by } = await playPeer(path, (options) => incoming.connect(options));
    endings.push({ url, how: `ended by ${by}` });
  } catch (error) {
    endings.push({ url, how: CuttleError.is(error) ? error.message : String(error) });
  }
});

server.listen(port, "localhost");

/** Builds the page in a folder beside this file to where `answer` finds it. */
async function buildPage(folder: string, base: string): Promise<void> {
  await build({
    configFile: false,
    root: join(import.meta.dirname, folder),
    base,
    logLevel: "warn",
    plugins: [svelte],
    define: defines,
    worker: { format: "es" },
    build: {
      outDir: join(built, base),
      emptyOutDir: true,
      target: "es2022",
      minify: false,
      rolldownOptions: { onLog: (level, log, report) => log.code !== "MODULE_LEVEL_DIRECTIVE" && report(level, log) },
    },
  });
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  if (pathname === "/peers.json") return sendJson(response, await rust);
  if (pathname === "/endings.json") return sendJson(response, endings);
  if (pathname === "/printed.json") return sendJson(response, printed());
  const policy = policies[pathname];
  const isFolder = pathname.endsWith("/");
  const file = policy !== undefined ? "/index.html" : normalize(isFolder ? `${pathname}index.html` : pathname);
  const type = contentTypes[extname(file)];
  const bytes = type === undefined ? undefined : await readFile(join(built, file)).catch(() => undefined);
  if (bytes === undefined) {
    response.writeHead(404).end();
    return;
  }
  const headers = { "Content-Type": type, ...(policy === undefined ? {} : { "Content-Security-Policy": policy }) };
  response.writeHead(200, headers).end(bytes);
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(value));
}

/** What came of the page's role wherever a Rust peer played it: `{ version, route, text }`, `text` being JSON or why it failed. */
function printed(): { version: string; route: string; text: string }[] {
  return Object.entries(started).flatMap(([version, peer]) =>
    Array.from(
      peer.stderr().matchAll(/ #\d+ (\S+) ws: (?:result|ended with) (.*)$/gm),
      ([, route = "", text = ""]) => ({
        version,
        route,
        text,
      }),
    ),
  );
}

/** They end with this process. */
async function startRustPeers(): Promise<Record<string, string>> {
  const given = process.env.CUTTLE_PEERS;
  const paths: Record<string, string> =
    given === undefined ? await peers({ log: (line: string) => console.error(line) }) : JSON.parse(given);
  const addresses: Record<string, string> = {};
  for (const [version, path] of Object.entries(paths)) {
    const peer = await startPeer(path);
    started[version] = peer;
    addresses[version] = peer.url;
  }
  return addresses;
}
