/** Small messages beside an upload, on one connection from Chromium to Node, over a link that is slow. */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import { build } from "vite";
import { findChromium } from "../scripts/toolchain.mjs";
import { attach } from "../ts/node/index.ts";
import { Load, type measure, type Result } from "./latency-page/load.ts";
import { type Row, report } from "./support/report.ts";
import { throttle } from "./support/throttle.ts";

const built = join(import.meta.dirname, "..", "node_modules", ".cuttle", "latency-page");
await build({
  configFile: false,
  root: join(import.meta.dirname, "latency-page"),
  base: "/",
  logLevel: "warn",
  build: { outDir: built, emptyOutDir: true, target: "es2022" },
});

const server = createServer(async (request, response) => {
  const path = request.url === "/" ? "/index.html" : (request.url ?? "");
  const bytes = await readFile(join(built, path)).catch(() => undefined);
  const type = path.endsWith(".js") ? "text/javascript" : "text/html";
  response.writeHead(bytes === undefined ? 404 : 200, { "Content-Type": type }).end(bytes);
});
attach(server, { origins: "any" }, async (incoming) => {
  await using conn = await incoming.connect({ receive: Load });
  for await (const { bulk, ping, pong } of conn.rx) {
    const read = async (): Promise<void> => {
      for await (const _ of bulk);
    };
    void read().catch(() => undefined);
    for await (const index of ping) await pong.send(index);
  }
});
await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
const { port } = server.address() as { port: number };

const executablePath = await findChromium();
const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: ["--no-sandbox"] });
const page = await browser.newPage();
await page.goto(`http://localhost:${port}/`);

const rows: Row[] = [];
for (const [name, bytesPerSecond] of [
  ["10 Mbit/s", 1_250_000],
  ["5 MB/s", 5_000_000],
] as const) {
  const link = await throttle(port, { bytesPerSecond, delayMs: name === "5 MB/s" ? 10 : 0 });
  const idle = await run(link.port, { idle: true, everyMs: 97, forMs: 2_000 });
  const loaded = await run(link.port, { idle: false, everyMs: 97, forMs: 6_000 });
  const base = at(idle, 0.5);
  rows.push(
    { name: `${name}, idle: median`, value: base, unit: "ms" },
    { name: `${name}, uploading: median`, value: at(loaded, 0.5), unit: "ms", goal: "<= 25, or 1.5 times idle" },
    { name: `${name}, uploading: 95 of 100`, value: at(loaded, 0.95), unit: "ms", goal: "<= 60" },
    { name: `${name}, uploading: longest`, value: at(loaded, 1), unit: "ms" },
    {
      name: `${name}, uploading: part of the rate`,
      value: loaded.bytesPerSecond / bytesPerSecond,
      unit: "",
      goal: ">= 0.9",
    },
  );
  await link.close();
}
report("latency", rows);
await browser.close();
server.close();
server.closeAllConnections();

async function run(port: number, options: Parameters<typeof measure>[1]): Promise<Result> {
  return await page.evaluate(
    ([url, options]) => (globalThis as unknown as { measure: typeof measure }).measure(url, options),
    [`ws://localhost:${port}/`, options] as const,
  );
}

function at({ trips }: Result, part: number): number {
  return trips[Math.floor((trips.length - 1) * part)] ?? Number.NaN;
}
