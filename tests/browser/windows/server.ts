/**
 * Serves the page and the workers of this folder from two ports, so that there are two origins, with a cuttle server at
 * each: `/SOMETHING` provides the api; how its connection ended stands in `/endings.json`, and `/cut/SOMETHING` breaks it.
 * Prints the two origins.
 *
 * `node tests/browser/windows/server.ts`, on Node 24.
 */

import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { basename, extname, join } from "node:path";
import { build } from "vite";
import { CuttleError } from "../../../ts/index.ts";
import { attach } from "../../../ts/node/index.ts";
import { makeApi } from "./api.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const built = join(root, "node_modules", ".cuttle", "browser-windows");
const scripts = ["page", "dedicated", "self", "echo", "throwing", "flooding", "tabs", "service", "shared"];

/** Endings of connections by their paths. */
const endings: Record<string, string> = {};

await build({
  configFile: false,
  root: import.meta.dirname,
  logLevel: "warn",
  build: {
    outDir: built,
    emptyOutDir: true,
    target: "es2022",
    minify: false,
    modulePreload: false,
    rolldownOptions: {
      input: {
        ...Object.fromEntries(scripts.map((name) => [name, join(import.meta.dirname, `${name}.ts`)])),
        counter: join(root, "docs", "examples", "shared-counter.ts"),
      },
      output: { entryFileNames: "[name].js", chunkFileNames: "part-[name].js" },
      preserveEntrySignatures: "strict",
    },
  },
});

/** Sockets by their paths. */
const sockets = new Map<string, Socket>();

const origins = await Promise.all([listen(), listen()]);
console.log(JSON.stringify(origins));

async function listen(): Promise<string> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === "/endings.json") {
      response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(endings));
      return;
    }
    if (pathname.startsWith("/cut/")) {
      sockets.get(pathname.slice(4))?.destroy();
      response.writeHead(204).end();
      return;
    }
    const isScript = extname(pathname) === ".js";
    const file = isScript ? join(built, basename(pathname)) : join(import.meta.dirname, "page.html");
    readFile(file).then(
      // A sandboxed page has no origin, so its scripts are loaded as from elsewhere.
      (bytes) =>
        response
          .writeHead(200, {
            "Content-Type": isScript ? "text/javascript; charset=utf-8" : "text/html; charset=utf-8",
            "Access-Control-Allow-Origin": "*",
          })
          .end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  serveApi(server);
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

function serveApi(server: Server): void {
  attach(server, {}, async (incoming) => {
    const path = incoming.request.url ?? "";
    sockets.set(path, incoming.request.socket);
    const connection = await incoming.provide(makeApi());
    endings[path] = await connection.closed.then(
      () => "closed",
      (error: unknown) => (CuttleError.is(error) ? error.message : String(error)),
    );
  });
}
