import { join } from "node:path";
import { defineConfig, type Project } from "@playwright/test";
import { chromiumOptions, findFirefox } from "./scripts/toolchain.mjs";

const port = process.env.CUTTLE_BROWSER_PORT ?? "8791";
const node = join(import.meta.dirname, "node_modules", ".bin", "node");
const firefox = findFirefox();

/** Firefox as distributions ship it, over WebDriver BiDi. */
function firefoxProject(executablePath: string): Project {
  const use = { browserName: "firefox", channel: "moz-firefox", launchOptions: { executablePath } } as const;
  // It takes longer to start than the others, on a busy machine much longer.
  return { name: "Firefox", testMatch: "**/scenarios.spec.ts", grepInvert: /@Chromium/, timeout: 60_000, use };
}

export default defineConfig({
  testDir: "tests/browser",
  testMatch: "**/*.spec.ts",
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  forbidOnly: process.env.CI !== undefined,
  reporter: "line",
  use: { baseURL: `http://localhost:${port}`, video: "off", trace: "off" },
  projects: [
    { name: "Chromium", use: { browserName: "chromium", launchOptions: await chromiumOptions() } },
    ...(firefox === undefined ? [] : [firefoxProject(firefox)]),
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
