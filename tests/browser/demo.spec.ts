/** The demo as a person meets it: its own server, the built page, the keyboard, and what can go wrong. */

import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { test } from "@playwright/test";
import { card, connected, type Demo, endDemos, expect, freePort, open, startDemo, tabTo } from "./demo.ts";

/** A busy machine may take its time; nothing here is about how long things take. */
test.describe.configure({ timeout: 180_000 });

let demo: Demo;

test.beforeAll(async () => {
  test.setTimeout(120_000);
  demo = await startDemo();
});

test.afterAll(endDemos);

for (const [peer, carrier] of [
  ["node", "WebSocket"],
  ["worker", "MessagePort"],
] as const) {
  test(`${peer}: counts to 5 by keyboard alone`, async ({ page }) => {
    const complaints = await open(page, demo.url);
    const one = await connected(page, peer);
    await expect(one.getByText(`Connected · ${carrier} · remoc 0.`)).toBeVisible();
    await tabTo(page, one.getByLabel("Count to"));
    await page.keyboard.press("Control+A");
    await page.keyboard.type("5");
    await page.keyboard.press("Enter");
    await expect(one.getByText(/^Done: 5 numbers of 5 in /)).toBeVisible();
    await expect(one.locator("[data-part=strip]")).toHaveText(/^0\s+1\s+2\s+3\s+4$/);
    await expect(one.locator("[data-part=latest]")).toHaveText("4");
    expect(complaints).toEqual([]);
  });

  for (const [direction, done] of [
    ["Upload", /^Sent 16 MiB in .* every byte intact\.$/],
    ["Download", /^Received 16 MiB in .* every byte intact\.$/],
  ] as const) {
    test(`${peer}: count and round trips go on during a big ${direction.toLowerCase()}`, async ({ page }) => {
      const complaints = await open(page, demo.url);
      const one = await connected(page, peer);
      const updates = async (): Promise<number> =>
        Number(await one.locator("[data-part=round-trip]").getAttribute("data-updates"));
      const latest = async (): Promise<number> => Number(await one.locator("[data-part=latest]").textContent());
      await page.locator("[data-part=transfer-size]").selectOption({ label: "16 MiB" });
      await one.getByLabel("Count to").fill("100");
      await one.getByRole("button", { name: direction }).click();
      await one.getByRole("button", { name: "Start" }).click();
      await expect.poll(latest).toBeGreaterThan(0);
      const [updatesBefore, latestBefore] = [await updates(), await latest()];
      // 16 MiB at 10 MB/s take 1.7 s at least; a call is made every quarter of a second.
      await expect.poll(updates).toBeGreaterThanOrEqual(updatesBefore + 3);
      await expect.poll(latest).toBeGreaterThan(latestBefore);
      await expect(one.locator("[data-part=busy-median]")).toHaveText(/ms$/);
      await expect(one.getByText(done)).toBeVisible();
      await expect(one.getByText(/^Done: 100 numbers of 100 in /)).toBeVisible();
      expect(await one.locator("[data-part=progress]").evaluate((bar: HTMLProgressElement) => bar.position)).toBe(1);
      expect(complaints).toEqual([]);
    });
  }

  test(`${peer}: a count and a transfer can be stopped, and the peer learns of it`, async ({ page }) => {
    const complaints = await open(page, demo.url);
    const one = await connected(page, peer);
    await one.getByLabel("Count to").fill("4000000000");
    await page.getByRole("button", { name: "Start everything" }).click();
    await expect(one.locator("[data-part=latest]")).toHaveText(/\d/);
    await expect(one.locator("[data-part=speed]")).toHaveText(/^(?!0\.0).*MB\/s/);
    await one.getByRole("button", { name: "Stop" }).click();
    await expect(one.getByText(/^Stopped after .* The peer was at [\d,]+ when it learned/)).toBeVisible();
    await one.getByRole("button", { name: "Cancel" }).click();
    await expect(one.getByText(/^Cancelled\. The peer reports .* all intact\.$/)).toBeVisible();
    await expect(one).toHaveAttribute("data-state", "connected");
    expect(complaints).toEqual([]);
  });
}

test("bad input is answered beside the field", async ({ page }) => {
  const complaints = await open(page, demo.url);
  const one = await connected(page, "node");
  const field = one.getByLabel("Count to");
  for (const bad of ["", "0", "-1", "1.5", "five", "4294967296"]) {
    await field.fill(bad);
    await field.press("Enter");
    await expect(one.getByText("A whole number from 1 to 4,294,967,295, please.")).toBeVisible();
    await expect(field).toBeFocused();
    await expect(field).toHaveAttribute("aria-invalid", "true");
  }
  await field.fill("2");
  await expect(field).toHaveAttribute("aria-invalid", "false");
  await field.press("Enter");
  await expect(one.getByText("Done: 2 numbers of 2")).toBeVisible();
  expect(complaints).toEqual([]);
});

test("a stopped server is reported in its card only, and Reconnect works once it is back", async ({ page }) => {
  const first = await startDemo();
  await open(page, first.url);
  const one = await connected(page, "node");
  await connected(page, "worker");
  await one.getByLabel("Count to").fill("100000");
  await one.getByRole("button", { name: "Start" }).click();
  await first.stop();
  const alert = one.getByRole("alert");
  await expect(alert).toContainText("transport_lost");
  await expect(one.getByText("Disconnected")).toBeVisible();
  await expect(card(page, "worker")).toHaveAttribute("data-state", "connected");

  await alert.getByRole("button", { name: "Reconnect" }).click();
  await expect(alert).toContainText("transport_connect");

  await startDemo({ port: first.port });
  await tabTo(page, alert.getByRole("button", { name: "Reconnect" }));
  await page.keyboard.press("Enter");
  await connected(page, "node");
  await expect(one.getByText("transport_connect")).toBeHidden();
  await one.getByLabel("Count to").fill("5");
  await one.getByLabel("Count to").press("Enter");
  await expect(one.getByText("Done: 5 numbers of 5")).toBeVisible();
});

test("Rust peers have cards of their own, which say when nobody is there", async ({ page }) => {
  const address = `ws://127.0.0.1:${await freePort()}`;
  const { url } = await startDemo({ rust: { "0.20.5": address } });
  await open(page, url);
  await expect(card(page, "rust-0-20-5").getByRole("alert")).toContainText(address);
  await expect(page.getByText("npm run demo:rust")).toBeHidden();
  await connected(page, "node");
});

test("without Rust peers a hint says how to get them", async ({ page }) => {
  await open(page, demo.url);
  await expect(page.getByText("npm run demo:rust")).toBeVisible();
});

test("a policy that forbids WebAssembly is explained in the cards", async ({ page }) => {
  await page.route(demo.url, async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers() };
    headers["content-security-policy"] = (headers["content-security-policy"] ?? "").replace(" 'wasm-unsafe-eval'", "");
    await route.fulfill({ response, headers });
  });
  await open(page, demo.url);
  for (const peer of ["node", "worker"]) {
    await expect(card(page, peer).getByRole("alert")).toContainText("local_wasm_blocked");
    await expect(card(page, peer).getByRole("alert")).toContainText("wasm-unsafe-eval");
  }
});

test("nothing is wider than a window of 320 pixels, whatever is shown", async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  const complaints = await open(page, demo.url);
  const width = (): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth);
  await page.getByRole("tab", { name: "Peers" }).click();
  for (const peer of ["node", "worker"]) {
    const one = await connected(page, peer);
    expect(await width()).toBe(320);
    await one.getByText("Connection statistics").click();
    await expect(one.getByRole("row", { name: "frames sent" })).toContainText(/\d/);
  }
  await page.getByRole("button", { name: "Start everything" }).click();
  await expect(card(page, "node").locator("[data-part=strip]")).toHaveText(/1\d\s+1\d/);
  await card(page, "node").getByLabel("Count to").fill("x");
  await card(page, "node").getByLabel("Count to").press("Enter");
  expect(await width()).toBe(320);
  expect(complaints).toEqual([]);
});

test("the code that is shown runs", async ({ page }) => {
  const complaints = await open(page, demo.url);
  await expect(page.locator("[data-part=snippet]")).toContainText('import { connect, mpsc, t } from "cuttle";');
  await page.getByRole("button", { name: "Run it" }).click();
  await expect(page.locator("[data-part=output]")).toHaveText("0 1 2 3 4");
  expect(complaints).toEqual([]);
});

test("the server serves the built page and nothing else", async () => {
  const page = await get("/");
  expect(page).toMatchObject({ status: 200, type: "text/html; charset=utf-8", cache: "no-cache" });
  const [script = ""] = /\/assets\/[\w-]+\.js/.exec(page.body) ?? [];
  const [style = ""] = /\/assets\/[\w-]+\.css/.exec(page.body) ?? [];
  expect(await get(script)).toMatchObject({ status: 200, type: "text/javascript; charset=utf-8", cache: "no-cache" });
  expect(await get(style)).toMatchObject({ status: 200, type: "text/css; charset=utf-8", cache: "no-cache" });
  expect(await get("/config.json")).toMatchObject({ status: 200, type: "application/json", body: '{"rust":{}}' });
  expect(await get("/", "POST")).toMatchObject({ status: 405 });
  expect(await get("/", "HEAD")).toMatchObject({ status: 200, body: "" });
  for (const path of [
    "/../server.ts",
    "/%2e%2e/server.ts",
    "/..%2fserver.ts",
    "//etc/passwd",
    "/assets",
    "/nothing.js",
  ]) {
    expect(await get(path), path).toMatchObject({ status: 404 });
  }
});

/** A request with the path as it is; `fetch` would tidy it up. */
async function get(
  path: string,
  method = "GET",
): Promise<{ status?: number; type?: string; cache?: string; body: string }> {
  const [response] = await once(httpRequest({ host: "localhost", port: demo.port, path, method }).end(), "response");
  let body = "";
  for await (const chunk of response) body += chunk;
  const { "content-type": type, "cache-control": cache } = response.headers;
  return { status: response.statusCode, type, cache, body };
}

test("the live table sorts and filters at the source, and two windows show the same changes", async ({ context }) => {
  const pages = [await context.newPage(), await context.newPage()] as const;
  for (const page of pages) {
    await page.goto(`${demo.url}table.html`);
    await expect(page.getByText("of 100,000 rows", { exact: false }).last()).toContainText(/Subscribed to \d+ of/);
  }
  const [page, other] = pages;
  await expect(page.getByRole("row").nth(1)).toContainText("Alfa 0");
  await page.getByLabel("Changes, for everybody").selectOption("0");
  await expect(other.getByLabel("Changes, for everybody")).toHaveValue("0");

  await page.getByLabel("Names").selectOption("Z");
  await expect(page.getByText("Subscribed to", { exact: false })).toContainText("of 3,846 rows");
  await page.getByRole("button", { name: "Price" }).click();
  await expect
    .poll(async () => {
      const prices = await page.locator("tbody td:nth-child(2)").allTextContents();
      const names = await page.locator("tbody td:nth-child(1)").allTextContents();
      const isSorted = prices.every((price, at) => at === 0 || Number(prices[at - 1]) <= Number(price));
      return prices.length > 20 && isSorted && names.every((name) => name.startsWith("Zulu"));
    })
    .toBe(true);

  await page.getByLabel("Changes, for everybody").selectOption("10000");
  await page.getByRole("button", { name: "Changes" }).click();
  await expect(page.locator("tbody tr").first().locator("td").nth(2)).not.toHaveText("0");
  await page.getByLabel("Changes, for everybody").selectOption("0");
  for (const one of pages) {
    await one.getByLabel("Names").selectOption("Q");
    await one.getByRole("button", { name: "Changes" }).click();
  }
  const rows = (one: typeof page) => one.locator("tbody tr").allTextContents();
  await expect.poll(async () => (await rows(page)).length).toBeGreaterThan(20);
  await expect.poll(async () => (await rows(page)).join() === (await rows(other)).join()).toBe(true);
});
