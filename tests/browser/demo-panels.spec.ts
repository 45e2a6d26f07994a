/** The panels of the demo: what each shows is true, by keyboard, in narrow windows, and for people who do not see it. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type Locator, type Page, type TestInfo, test } from "@playwright/test";
import { connected, type Demo, endDemos, expect, open, root, startDemo, tabTo } from "./demo.ts";

/** A busy machine may take its time; nothing here is about how long things take. */
test.describe.configure({ timeout: 180_000 });

let demo: Demo;

test.beforeAll(async () => {
  test.setTimeout(120_000);
  demo = await startDemo();
});

test.afterAll(endDemos);

/** A panel that has its connection. */
async function panel(page: Page, id: string): Promise<Locator> {
  const found = page.locator(`#${id}`);
  await expect(found).toHaveAttribute("data-state", "connected");
  return found;
}

/** Cancels what runs, twice as hasty people do, and says what is shown at once: the other side takes a moment. */
async function cancel(panel: Locator, status: string): Promise<string> {
  return await panel.evaluate((root, name) => {
    const button = root.querySelector<HTMLButtonElement>("[data-part=cancel]");
    for (let clicks = 0; clicks < 2; clicks++) button?.click();
    return root.querySelector(`[data-part=${name}]`)?.textContent ?? "";
  }, status);
}

/** Uploads 16 MiB and says how many bytes a line of the chat had to wait for at most. */
async function uploadBeside(room: Locator): Promise<number> {
  await room.getByLabel("File").selectOption({ label: "16 MiB" });
  await room.getByRole("button", { name: "Upload" }).click();
  await expect(room.getByText(/^The server stored 16 MiB in /)).toBeVisible();
  await expect(room.locator("[data-part=busy-median]")).toHaveText(/ms$/);
  return Number(await room.getAttribute("data-ahead"));
}

test("a line of the chat overtakes the upload, but on a raw socket it waits for all of it", async ({ page }) => {
  const complaints = await open(page, demo.url);
  const room = await panel(page, "room");
  // No more than the server's buffers hold is under way at any time.
  expect(await uploadBeside(room)).toBeLessThan(8 * 1024 ** 2);
  await room.getByLabel("Naive socket").check();
  await expect(room.getByText("One raw WebSocket")).toBeVisible();
  expect(await uploadBeside(room)).toBe(16 * 1024 ** 2);
  expect(complaints).toEqual([]);
});

test("other tabs hear what is said over either socket, beside an upload that can be cancelled", async ({
  page,
  context,
}) => {
  await open(page, demo.url);
  const room = await panel(page, "room");
  const other = await context.newPage();
  await open(other, demo.url);
  const heard = (await panel(other, "room")).getByRole("log");
  await room.getByLabel("File").selectOption({ label: "1 GiB" });
  await room.getByRole("button", { name: "Upload" }).click();
  await expect(room.getByText("Sending 1 GiB to a server that stores 40 MB/s …")).toBeVisible();
  await expect(room.locator("[data-part=speed]")).toHaveText(/^(?!0\.0).*MB\/s/);
  await room.getByLabel("Your line").fill("beside a gibibyte");
  await room.getByLabel("Your line").press("Enter");
  await expect(heard).toContainText("beside a gibibyte");
  expect(await cancel(room, "upload-status")).toContain("Cancelling");
  await expect(room.getByText(/^Cancelled: the server stored /)).toBeVisible();
  await room.getByLabel("Naive socket").check();
  await expect(room.getByText("One raw WebSocket")).toBeVisible();
  await room.getByLabel("Your line").fill("naively");
  await room.getByRole("button", { name: "Say" }).click();
  await expect(heard).toContainText("naively");
});

test("the worker paints every pixel, and stops when it is told to", async ({ page }) => {
  const complaints = await open(page, demo.url);
  const fractal = await panel(page, "fractal");
  await expect(fractal.getByText(/^Painted 300 rows in /)).toBeVisible();
  const isPainted = await fractal.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
    const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    return pixels.every((value, at) => at % 4 !== 3 || value === 255);
  });
  expect(isPainted).toBe(true);
  await fractal.getByLabel("Detail").selectOption({ label: "endless" });
  await fractal.getByRole("button", { name: "Paint" }).click();
  expect(await cancel(fractal, "paint-status")).toContain("Cancelling");
  await expect(fractal.getByText(/^Cancelled after \d+ of 300 rows\.$/)).toBeVisible();
  await fractal.getByLabel("Detail").selectOption({ label: "quick" });
  await tabTo(page, fractal.getByRole("button", { name: "Zoom in" }));
  await page.keyboard.press("Enter");
  await expect(fractal.getByText(/^Painted 300 rows in /)).toBeVisible();
  expect(complaints).toEqual([]);
});

test("two tabs draw through the server, then directly, and through it again when a third one comes", async ({
  page,
  context,
}) => {
  const complaints = await open(page, demo.url);
  const one = await panel(page, "canvas");
  // The pages of the tests before may still be leaving.
  await expect(one).toHaveAttribute("data-tabs", "1");
  const opening = context.waitForEvent("page");
  await one.getByRole("link", { name: "Open a second tab" }).click();
  const secondPage = await opening;
  const two = await panel(secondPage, "canvas");
  await expect(one).toHaveAttribute("data-tabs", "2");

  await one.locator("canvas").press("ArrowRight");
  await expect(two).toContainText("Strokes that came: 1 through the server, 0 directly.");

  await one.getByRole("button", { name: "Go direct" }).click();
  for (const tab of [one, two]) await expect(tab.getByText("Directly · WebRTC")).toBeVisible();
  await two.locator("canvas").press("ArrowDown");
  await expect(one).toContainText("Strokes that came: 0 through the server, 1 directly.");

  const third = await context.newPage();
  await open(third, demo.url);
  for (const tab of [one, two]) await expect(tab.getByText("Through the server · WebSocket")).toBeVisible();
  await two.locator("canvas").press("ArrowDown");
  await expect(one).toContainText("Strokes that came: 1 through the server, 1 directly.");
  expect(complaints).toEqual([]);
});

test("two tabs that ask each other at once go direct one way, and back one way", async ({ page, context }) => {
  await context.addInitScript(() => {
    const Peer = RTCPeerConnection;
    globalThis.RTCPeerConnection = class extends Peer {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        document.body.dataset.ways = String(Number(document.body.dataset.ways ?? 0) + 1);
      }
    };
  });
  const complaints = await open(page, demo.url);
  const otherPage = await context.newPage();
  await open(otherPage, demo.url);
  const tabs = [await panel(page, "canvas"), await panel(otherPage, "canvas")] as const;
  const press = (tab: Locator, label: string): Promise<void> =>
    tab.locator("[data-part=direct]").evaluate((it: HTMLButtonElement, label) => {
      // The other tab may have been so much earlier that this one is asked for the way back.
      if (it.textContent === label) it.click();
    }, label);
  for (let round = 0; round < 5; round++) {
    for (const tab of tabs) await expect(tab.getByRole("button", { name: "Go direct" })).toBeEnabled();
    await Promise.all(tabs.map((tab) => press(tab, "Go direct")));
    for (const tab of tabs) await expect(tab.getByText("Directly · WebRTC")).toBeVisible();
    await press(tabs[0], "Use the server");
    for (const tab of tabs) await expect(tab.getByText("Through the server · WebSocket")).toBeVisible();
  }
  for (const one of [page, otherPage]) await expect(one.locator("body")).toHaveAttribute("data-ways", "5");
  expect(complaints).toEqual([]);
});

test("a tab stops looking for one that has gone", async ({ page, context }) => {
  const complaints = await open(page, demo.url);
  const one = await panel(page, "canvas");
  const otherPage = await context.newPage();
  await otherPage.addInitScript(() => {
    // It comes to the meeting, and says nothing.
    Object.assign(RTCPeerConnection.prototype, {
      createOffer: () => new Promise(() => {}),
      createAnswer: () => new Promise(() => {}),
    });
  });
  await open(otherPage, demo.url);
  await one.getByRole("button", { name: "Go direct" }).click();
  for (const tab of [one, otherPage.locator("#canvas")])
    await expect(tab.getByText("look for each other")).toBeVisible();
  await otherPage.close();
  await expect(one.getByText("Through the server · WebSocket")).toBeVisible();
  await expect(one).toHaveAttribute("data-tabs", "1");
  await expect(one.locator("[data-part=alert]")).toBeHidden();
  expect(complaints).toEqual([]);
});

test("a tab that cannot go direct says so, and connects again as one tab", async ({ page, context }) => {
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, "RTCPeerConnection"));
  await open(page, demo.url);
  const one = await panel(page, "canvas");
  await open(await context.newPage(), demo.url);
  await one.getByRole("button", { name: "Go direct" }).click();
  await expect(one.getByRole("alert")).toContainText("there is no RTCPeerConnection here");
  await one.getByRole("button", { name: "Reconnect" }).click();
  await expect(one.locator("[data-part=alert]")).toBeHidden();
  await expect(one).toHaveAttribute("data-state", "connected");
  await one.locator("canvas").press("ArrowRight");
  await expect(one).toContainText("Two tabs are here.");
});

test("two tabs stay connected directly without the server, and say when they are no more", async ({
  page,
  context,
}) => {
  const own = await startDemo();
  await open(page, own.url);
  const otherPage = await context.newPage();
  await open(otherPage, own.url);
  const [one, two] = [await panel(page, "canvas"), await panel(otherPage, "canvas")];
  await page.bringToFront();
  await one.getByRole("button", { name: "Go direct" }).press("Enter");
  for (const tab of [one, two]) await expect(tab.getByText("Directly · WebRTC")).toBeVisible();
  await expect(one.getByRole("button", { name: "Use the server" })).toBeFocused();
  await own.stop();
  for (const tab of [one, two]) await expect(tab.getByText("Directly, without the server")).toBeVisible();
  await one.locator("canvas").press("ArrowRight");
  await expect(two).toContainText("Only the server knows who else is here. Strokes that came: 0 through the server, 1");
  await one.getByRole("button", { name: "Use the server" }).click();
  for (const tab of [one, two]) await expect(tab.getByText("Not connected")).toBeVisible();
});

test("a server that is gone is reported in the panels that used it", async ({ page }) => {
  const own = await startDemo();
  await open(page, own.url);
  const [room, canvas] = [await panel(page, "room"), await panel(page, "canvas")];
  await panel(page, "fractal");
  await own.stop();
  for (const lost of [room, canvas]) await expect(lost.getByRole("alert")).toContainText("transport_lost");
  await panel(page, "fractal");
  await startDemo({ port: own.port });
  for (const lost of [room, canvas]) {
    await lost.getByRole("button", { name: "Reconnect" }).click();
    await expect(lost).toHaveAttribute("data-state", "connected");
    await expect(lost.locator("[data-part=alert]")).toBeHidden();
  }
});

test("the code in the panels is the code that runs", async ({ page }) => {
  await open(page, demo.url);
  for (const id of ["room", "fractal", "canvas"]) {
    const file = await page.locator(`#${id} figcaption code`).textContent();
    const shown = (await page.locator(`#${id} [data-part=source]`).textContent()) ?? "";
    expect(readFileSync(join(root, file ?? ""), "utf8")).toContain(`// #region shown\n${shown}\n// #endregion`);
    expect(shown.split("\n").length).toBeLessThan(20);
  }
});

for (const scheme of ["light", "dark"] as const) {
  test(`axe finds nothing in a wide ${scheme} window`, async ({ page }, testInfo) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await open(page, demo.url);
    await everythingIsThere(page);
    await review(page, testInfo, `${scheme}-1280`);
  });
}

test("a narrow window shows one panel at a time, chosen by keyboard, and axe finds nothing", async ({
  page,
}, testInfo) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 320, height: 640 });
  await open(page, `${demo.url}#canvas`);
  await everythingIsThere(page);
  await expect(page.getByRole("tab", { name: "Canvas" })).toHaveAttribute("aria-selected", "true");
  await tabTo(page, page.getByRole("tab", { name: "Canvas" }));
  await page.keyboard.press("Home");
  for (const [name, id] of [
    ["Chat", "room"],
    ["Worker", "fractal"],
    ["Canvas", "canvas"],
    ["Peers", "peers"],
  ] as const) {
    await expect(page.getByRole("tab", { name })).toBeFocused();
    await expect(page.getByRole("tabpanel")).toHaveAttribute("id", id);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    await review(page, testInfo, `dark-320-${id}`);
    await page.keyboard.press("ArrowRight");
  }
});

async function everythingIsThere(page: Page): Promise<void> {
  for (const id of ["room", "fractal", "canvas"]) await panel(page, id);
  for (const peer of ["node", "worker"]) await connected(page, peer);
  await expect(page.locator("#fractal").getByText(/^Painted 300 rows in /)).toHaveCount(1);
}

/** Keeps a picture for people, and asks axe. */
async function review(page: Page, testInfo: TestInfo, name: string): Promise<void> {
  await page.screenshot({ path: testInfo.outputPath(`${name}.png`), fullPage: true });
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(", ")}`)).toEqual([]);
}
