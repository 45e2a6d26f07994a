/** The scenarios in a real browser: to both releases of remoc, to a Node server and to a worker of the page. */

import { expect, type Page, test } from "@playwright/test";
import type { Case } from "../interop/cases.ts";
import { idsOf, idsServed, note } from "../interop/features.ts";
import { callingOutcomesOf, outcomesOf } from "../interop/outcomes.ts";
import type { TestPage, Where } from "./page/main.ts";
import { isWhole, peerName, type Row, rows, runsOf, suiteOf } from "./rows.ts";

declare const testPage: TestPage;

/** What other engines leave out, see playwright.config.ts. */
const chromiumOnly = { tag: "@Chromium" };

/** What pages complained about: exceptions, unhandled rejections, lines in the console. */
const complaints: string[] = [];

function listen(page: Page): void {
  const complain = (complaint: string): void => {
    if (!DROPPED.test(complaint)) complaints.push(complaint);
  };
  page.on("pageerror", (error) => complain(String(error)));
  page.on("console", (message) => complain(`${message.type()}: ${message.text()}`));
}

/** What Firefox notes at any time after a server, as remoc 0.18 does, left a WebSocket without its closing handshake. */
const DROPPED = /The connection to ws:\/\/\S+ was interrupted while the page was loading\.$/;

test.beforeEach(() => {
  complaints.length = 0;
});

/** Where the roles of a peer are played. */
async function whereIs({ transport, peer }: Row, page: Page): Promise<Where> {
  const { origin } = new URL(page.url());
  if (peer === "worker" || peer === "shared worker") return peer;
  if (peer === "page") return "data channel";
  const base = origin.replace("http:", "ws:");
  if (peer === "Node") return transport === "WebRTC" ? { signaling: `${base}/direct` } : { base };
  const response = await page.request.get(`${origin}/peers.json`, { timeout: 300_000 });
  expect(response.ok(), response.ok() ? "" : await response.text()).toBe(true);
  const addresses = (await response.json()) as Record<string, string>;
  return { base: addresses[peer] ?? "" };
}

function isRelease(peer: string): peer is "0.18.3" | "0.20.5" {
  return peer === "0.18.3" || peer === "0.20.5";
}

/** What a Rust peer printed, whenever it played the page's role of a route; or why it failed. */
async function printedBy(version: string, route: string, page: Page): Promise<string[]> {
  const response = await page.request.get(`${new URL(page.url()).origin}/printed.json`);
  const all = (await response.json()) as { version: string; route: string; text: string }[];
  return all.filter((one) => one.version === version && one.route === route).map(({ text }) => text);
}

/** Notes what worked with remoc, for the table of features. */
function noteWith(peer: string, role: "ask" | "serve", ids: readonly string[]): void {
  const isChromium = test.info().project.name === "Chromium";
  if (isChromium && isRelease(peer)) note({ ids, version: peer, runtime: "Chromium", role });
}

for (const row of rows) {
  const { environment, peer } = row;
  test.describe(suiteOf(row), () => {
    /** One for all: each scenario leaves nothing behind, or the next ones notice. */
    let shared: Page;
    let where: Where;

    test.beforeAll(async ({ browser, baseURL }) => {
      test.setTimeout(300_000); // The peers may have to be built.
      shared = await browser.newPage();
      listen(shared);
      await shared.goto(`${baseURL}/`);
      where = await whereIs(row, shared);
    });

    test.afterAll(() => shared.close());

    const runInPage = async (one: Case, codec: string): Promise<void> => {
      const result = await shared.evaluate(
        ([environment, where, asked]) => testPage.runScenario(environment, where, asked),
        [environment, where, { scenario: one.scenario, codec, args: one.args }] as const,
      );
      one.verify(result, peerName(peer));
      expect(complaints).toEqual([]);
      noteWith(peer, "ask", idsOf(one, codec));
    };

    const everywhere = runsOf(row, "Firefox").map(({ title }) => title);
    for (const { title, one, codec } of runsOf(row, "Chromium")) {
      test(title, everywhere.includes(title) ? {} : chromiumOnly, () => runInPage(one, codec));
    }

    if (!isRelease(peer)) return;
    const outcomes = [...outcomesOf(peer, "postbag"), ...callingOutcomesOf(peer)];
    for (const { scenario, verify } of outcomes) {
      test(`postbag: the page serves ${scenario}`, isWhole(row, "Firefox") ? {} : chromiumOnly, async () => {
        const route = `${scenario}/postbag`;
        const before = (await printedBy(peer, route, shared)).length;
        const { base } = where as { base: string };
        await shared.evaluate(([at, path]) => testPage.servePath(at, path), [base, `/${route}`] as const);
        const printed = () => printedBy(peer, route, shared);
        await expect.poll(printed, { timeout: 20_000, intervals: [20] }).toHaveLength(before + 1);
        const text = (await printedBy(peer, route, shared)).at(-1) ?? "";
        expect(text).toMatch(/^\{/);
        verify(JSON.parse(text));
        expect(complaints).toEqual([]);
        noteWith(peer, "serve", idsServed(scenario));
      });
    }
  });
}

test("O10: a policy that forbids wasm gives an error that says what to add", async ({ page, baseURL }) => {
  listen(page);
  await page.goto("/strict.html");
  const url = `${baseURL?.replace("http:", "ws:")}/count/postbag`;
  const outcome = await page.evaluate((to) => testPage.tryCount(to), url);
  expect(outcome).toEqual({
    code: "local_wasm_blocked",
    message: expect.stringMatching(/Content-Security-Policy, add 'wasm-unsafe-eval' to script-src/),
  });
});

test("O10: a strict policy with 'wasm-unsafe-eval' is enough", async ({ page, baseURL }) => {
  listen(page);
  await page.goto("/wasm.html");
  const url = `${baseURL?.replace("http:", "ws:")}/count/postbag`;
  expect(await page.evaluate((to) => testPage.tryCount(to), url)).toEqual([0, 1, 2]);
  expect(complaints).toEqual([]);
});

test("B05: a worker that is terminated in the middle of a transfer fails everything pending", async ({ page }) => {
  listen(page);
  await page.goto("/");
  const { codes, tookMs } = await page.evaluate(() => testPage.terminateMidTransfer());
  expect(codes).toEqual(["transport_lost", "transport_lost", "transport_lost", "transport_lost"]);
  // 50 ms on an idle machine; the timeout would be 60 s.
  expect(tookMs).toBeLessThan(2_000);
  expect(complaints).toEqual([]);
});

/** How pages end. */
const endings: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  "navigates away": (page) => page.goto("about:blank"),
  "is closed": (page) => page.close(),
  crashes: (page) => page.goto("chrome://crash").catch(() => undefined),
};

for (const [how, end] of Object.entries(endings)) {
  const details = how === "crashes" ? chromiumOnly : {};
  test(`B04: a server sees one clean error when a page ${how}`, details, async ({ page, request, baseURL }) => {
    listen(page);
    await page.goto("/");
    const path = `/count/postbag?${crypto.randomUUID()}`;
    await page.evaluate((to) => testPage.keepCounting(to), `${baseURL?.replace("http:", "ws:")}${path}`);
    await end(page);
    const seen = async (): Promise<unknown> => {
      const all = (await (await request.get("/endings.json")).json()) as { url: string; how: string }[];
      return all.filter(({ url }) => url === path).map((ending) => ending.how);
    };
    await expect
      .poll(seen, { timeout: 20_000 })
      .toEqual([expect.stringMatching(/^transport_lost: .*WebSocket closed with code 100[16]/)]);
    expect(complaints).toEqual([]);
  });
}
