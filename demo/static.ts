import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { extname, join, sep } from "node:path";

const dist = join(import.meta.dirname, "dist");

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** What the page asks for at `/config.json`. */
export interface PageConfig {
  /** WebSocket addresses of Rust peers by remoc version. */
  rust: Record<string, string>;
}

/** Serves what `vite build` made. Throws when that was not done. */
export function pageHandler(config: PageConfig): RequestListener {
  if (!existsSync(join(dist, "index.html"))) {
    throw new Error("demo/dist is empty. `npm start` builds the page and starts this server.");
  }
  const headers = { "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", ...policy(config) };
  return (request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { Allow: "GET, HEAD" }).end();
      return;
    }
    const [path = "/"] = (request.url ?? "/").split("?", 1);
    const found = path === "/config.json" ? { type: types[".json"], body: JSON.stringify(config) } : fileAt(path);
    if (found === undefined) {
      response.writeHead(404, { ...headers, "Content-Type": "text/plain; charset=utf-8" }).end("Not found\n");
      return;
    }
    response.writeHead(200, {
      ...headers,
      "Content-Type": found.type,
      "Content-Length": Buffer.byteLength(found.body),
    });
    response.end(request.method === "HEAD" ? undefined : found.body);
  };
}

/** Only what a listing of the folder names is read, so no path leads out of it. */
function fileAt(path: string): { type: string; body: Buffer } | undefined {
  const name = path === "/" ? "index.html" : path.slice(1);
  const names = readdirSync(dist, { recursive: true, encoding: "utf8" }).map((file) => file.split(sep).join("/"));
  const type = types[extname(name)];
  if (type === undefined || !names.includes(name)) return undefined;
  return { type, body: readFileSync(join(dist, name)) };
}

/** Shows what cuttle needs of a strict policy: 'wasm-unsafe-eval', and the addresses it connects to. */
function policy({ rust }: PageConfig): Record<string, string> {
  const rules = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' data:",
    "worker-src 'self'",
    `connect-src 'self' ${Object.values(rust).join(" ")}`.trim(),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return { "Content-Security-Policy": rules.join("; ") };
}
