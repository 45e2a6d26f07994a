/** Live collections on screens of real frameworks: a table that a worker changes. */

import { expect as baseExpect, type Page, test } from "@playwright/test";
import type { Screens } from "./screens/main.ts";

/** A busy machine may take its time; nothing here is about how long things take. */
const expect = baseExpect.configure({ timeout: 20_000 });
test.describe.configure({ timeout: 90_000 });

declare const screens: Screens;

const COUNT = 2_000;

/** What the page complained about. */
let complaints: string[];

test.beforeEach(async ({ page }) => {
  complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    const isAdvice = message.type() === "info" && message.text().includes("React DevTools");
    if (!isAdvice) complaints.push(`${message.type()}: ${message.text()}`);
  });
  await page.goto("/screens/");
});

test.afterEach(() => {
  expect(complaints).toEqual([]);
});

const text = (page: Page, part: string) => page.locator(`[data-part=${part}]`);
const row = (page: Page, id: number) => page.locator(`[data-id="${id}"]`);

for (const name of ["React", "React in StrictMode", "Vue", "Svelte", "Solid", "signals"] as const) {
  test(`${name}: a change renders what shows it, and nothing listens in the end`, async ({ page }) => {
    await page.evaluate((scene) => screens.mount(scene), name);
    await expect(row(page, COUNT - 1)).toHaveText("row 1999 1");
    await expect(text(page, "size")).toHaveText("2000");
    await expect(text(page, "window")).toHaveText("name 10, name 11, name 12, name 13, name 14");
    await expect(text(page, "load")).toHaveText("0");
    const rendered = await page.evaluate(() => screens.takeRenders());
    expect(rendered.length).toBe(COUNT);

    const version = Number(await text(page, "version").textContent());
    await page.evaluate(() => screens.setPrice(7, 99));
    await expect(row(page, 7)).toHaveText("row 7 99");
    await expect(text(page, "version")).toHaveText(String(version + 1));
    const times = name === "React in StrictMode" ? 2 : 1;
    expect(await page.evaluate(() => screens.takeRenders())).toEqual([[7, times]]);

    await page.evaluate(async () => {
      await screens.setName(500, "elsewhere");
      await screens.setName(12, "other");
      screens.setLoad(0.5);
    });
    await expect(text(page, "window")).toHaveText("name 10, name 11, other, name 13, name 14");
    await expect(text(page, "load")).toHaveText("0.5");
    expect(await page.evaluate(() => screens.takeRenders())).toEqual([]);

    await page.evaluate(() => screens.restart(1_500));
    await expect(text(page, "size")).toHaveText("1500");
    await expect(row(page, 1_499)).toHaveText("row 1499 0");
    await expect(row(page, 1_500)).toHaveText("gone");

    expect(await page.evaluate(() => screens.listeners())).toBeGreaterThan(COUNT);
    await page.evaluate(() => screens.unmount());
    await expect.poll(() => page.evaluate(() => screens.listeners())).toBe(0);
  });
}

test("React: what is committed is of one step, although steps happen while a transition renders", async ({ page }) => {
  const { read, committed, listeners } = await page.evaluate(() => screens.transition());
  expect(read, "steps while it rendered").toBeGreaterThan(1);
  expect(committed).toEqual(committed.map(() => 1));
  expect(listeners).toBe(0);
});

test("React: a screen waits for the first content, and shows why there is none", async ({ page }) => {
  expect(await page.evaluate(() => screens.suspense(1_000_000))).toEqual(["waiting", "2000 rows"]);
  expect(await page.evaluate(() => screens.suspense(10))).toEqual(["waiting", "local_limit"]);
});

test("TanStack: a table of 100 000 rows subscribes to those that are seen", async ({ page }) => {
  await page.evaluate(() => screens.mount("grid"));
  const at = (index: number) => page.locator(`[aria-rowindex="${index + 1}"]`);
  await expect(at(3)).toHaveText("quote 31");
  await page.evaluate(() => screens.setQuote(3, 2));
  await expect(at(3)).toHaveText("quote 32");

  await page.evaluate(() => screens.setQuote(90_003, 3));
  await page.locator("#screen > div").evaluate((scroller) => scroller.scrollTo({ top: 90_000 * 20 }));
  await expect(at(90_003)).toHaveText("quote 900033");
  await page.evaluate(() => screens.setQuote(90_004, 4));
  await expect(at(90_004)).toHaveText("quote 900044");
  await expect(at(3)).toHaveCount(0);
  await expect.poll(() => page.evaluate(() => screens.quoteSubscribers())).toBe(1);

  await page.evaluate(() => screens.unmount());
  await expect.poll(() => page.evaluate(() => screens.quoteSubscribers())).toBe(0);
});

test("docs/frameworks.md: every example follows a price, and another one after a click", async ({ page }) => {
  const begin = {
    React: "Load 0.5 ACME: 1OTHER: 5",
    Vue: "ACME: 1ACMEOTHER",
    Svelte: "ACME: 1, one of 2 Load 0.5",
    Solid: "ACME: 1, one of 2other",
    signals: "ACME: 1",
  };
  for (const [name, before] of Object.entries(begin)) {
    const { texts, listeners } = await page.evaluate((example) => screens.example(example), name);
    const other = before.replace("ACME: 1", "OTHER: 5");
    const afterClick = ["Vue", "Solid"].includes(name) ? [other, other.replace(": 5", ": 6")] : [];
    expect(texts, name).toEqual([before, before.replace(": 1", ": 2"), ...afterClick]);
    expect(listeners, name).toBe(0);
  }
});
