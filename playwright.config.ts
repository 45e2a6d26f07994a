import { join } from "node:path";
import { defineConfig } from "@playwright/test";
import { chromiumOptions } from "./scripts/toolchain.mjs";

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
        launchOptions: await chromiumOptions(),
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
