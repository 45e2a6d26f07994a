import { join } from "node:path";
import { defineConfig } from "@playwright/test";
import { findChromium } from "./scripts/toolchain.mjs";

const chromium = await findChromium();
const port = process.env.CUTTLE_BROWSER_PORT ?? "8791";
const node = join(import.meta.dirname, "node_modules", ".bin", "node");

export default defineConfig({
  testDir: "tests/browser",
  testMatch: "**/*.spec.ts",
  workers: 1,
  timeout: 30_000,
  forbidOnly: process.env.CI !== undefined,
  reporter: "line",
  use: { baseURL: `http://localhost:${port}`, video: "off", trace: "off" },
  projects: [
    {
      name: "chromium",
      use: {
        browserName: "chromium",
        launchOptions: {
          ...(chromium ? { executablePath: chromium } : {}),
          args: [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
          ],
        },
      },
    },
  ],
  webServer: {
    command: `"${node}" tests/browser/server.ts`,
    env: { PORT: port },
    url: `http://localhost:${port}/`,
    reuseExistingServer: false,
    timeout: 60_000,
    stdout: "ignore",
    stderr: "pipe",
  },
});
