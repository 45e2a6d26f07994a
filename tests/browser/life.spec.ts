/** The life of a page: frozen, disconnected meanwhile, offline; and pages of other sites that come to our server. */

import { type CDPSession, chromium, expect, type Page, test } from "@playwright/test";
import { chromiumOptions } from "../../scripts/toolchain.mjs";
import type { Api } from "./windows/api.ts";
import { openPage, type Servers, startServers } from "./windows/lab.ts";
import type { Lab } from "./windows/page.ts";

declare const lab: Lab;

test.describe.configure({ timeout: 60_000 });

let servers: Servers;

test.beforeAll(async () => {
  test.setTimeout(120_000);
  servers = await startServers();
});

test.afterAll(() => servers.stop());

/**
 * Keeps a connection to the server with `reconnecting`, and notes its states. Its clock is the page's, and goes on by
 * `lab.kept.sleep(ms)`, which calls every timer that became due.
 */
async function keepConnected(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { consume, reconnecting } = lab.cuttle;
    const states: string[] = [];
    let sleptMs = 0;
    const now = (): number => performance.now() + sleptMs;
    const timers = new Set<{ dueMs: number; fire(): void }>();
    const timer = (delayMs: number, callback: () => void): (() => void) => {
      const fire = (): void => {
        cancel();
        callback();
      };
      const handle = setTimeout(fire, delayMs);
      const one = { dueMs: now() + delayMs, fire };
      const cancel = (): void => {
        clearTimeout(handle);
        timers.delete(one);
      };
      timers.add(one);
      return cancel;
    };
    const sleep = (ms: number): void => {
      sleptMs += ms;
      for (const one of [...timers]) if (one.dueMs <= now()) one.fire();
    };
    const clock = { now, timer };
    const url = `${location.origin.replace("http:", "ws:")}/life`;
    const live = reconnecting((signal) => consume<Api>(url, { signal, clock }), { backoff: { initialMs: 1 } });
    live.onState(({ name }) => states.push(name));
    Object.assign(lab.kept, { live, states, sleep });
    await live.ready();
  });
}

/** Calls over the kept connection, whichever it is by now. */
async function greet(page: Page, name: string): Promise<string> {
  return await page.evaluate(async (who) => {
    const live = lab.kept.live as { ready(): Promise<{ greet(name: string): Promise<string> }> };
    return await (await live.ready()).greet(who);
  }, name);
}

async function statesOf(page: Page): Promise<string[]> {
  return await page.evaluate(() => lab.kept.states as string[]);
}

/** Pauses a page where none of its own code is under way: nothing of it could be called in the middle of that. */
async function pausedBetweenTasks(devtools: CDPSession): Promise<{ callFrameId: string; evaluated: Promise<unknown> }> {
  for (;;) {
    const paused = new Promise<{ callFrames: { callFrameId: string; url: string }[] }>((resolve) =>
      devtools.once("Debugger.paused", resolve),
    );
    await devtools.send("Debugger.pause");
    const evaluated = devtools.send("Runtime.evaluate", { expression: "1" });
    const [frame, ...others] = (await paused).callFrames;
    if (frame?.url === "" && others.length === 0) return { callFrameId: frame.callFrameId, evaluated };
    await devtools.send("Debugger.resume");
    await evaluated;
  }
}

/**
 * Holds everything in the page, as a browser does with one that it froze and a developer at a breakpoint. The network goes
 * on; after `meanwhile` five minutes have passed for the page: its timers are called before it hears what came.
 */
async function held(page: Page, meanwhile: () => Promise<unknown>): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Debugger.enable");
  const { callFrameId, evaluated } = await pausedBetweenTasks(devtools);
  await meanwhile();
  const expression = "lab.kept.sleep(300_000)";
  const slept = await devtools.send("Debugger.evaluateOnCallFrame", { callFrameId, expression });
  expect(slept.exceptionDetails).toBeUndefined();
  await devtools.send("Debugger.resume");
  await evaluated;
  await devtools.detach();
}

test("B02, B12: a page that was frozen for longer than its timeout hears what came meanwhile, and goes on", async ({
  page,
}) => {
  await openPage(page, servers.home);
  await keepConnected(page);
  await page.evaluate(async () => {
    const live = lab.kept.live as { ready(): Promise<Api> };
    const heard: number[] = [];
    lab.kept.heard = heard;
    // The server calls this page, also while it is frozen.
    lab.kept.counted = (await live.ready()).count(300, (number) => void heard.push(number));
  });
  await held(page, () => page.request.get(`${servers.home}/endings.json`));
  await page.evaluate(async () => {
    await (lab.kept.counted as Promise<void>);
  });
  expect(await page.evaluate(() => (lab.kept.heard as number[]).length)).toBe(300);
  expect(await greet(page, "thawed")).toBe("hello thawed");
  expect(await statesOf(page)).toEqual(["connecting", "connected"]);
});

test("B03: a connection that was closed while its page was frozen is made again when the page comes back", async ({
  page,
}) => {
  await openPage(page, servers.home);
  await keepConnected(page);
  await held(page, () => page.request.get(`${servers.home}/cut/life`));
  await expect.poll(() => statesOf(page)).toEqual(["connecting", "connected", "waiting", "connecting", "connected"]);
  expect(await greet(page, "back")).toBe("hello back");
});

test("B03: a page comes back from the back/forward cache, where the browser closed its WebSocket, and connects again", async () => {
  // Playwright turns the cache off, and does not see pages that return from it.
  const ignoreDefaultArgs = ["--disable-back-forward-cache"];
  const browser = await chromium.launch({ ...(await chromiumOptions({ isWhole: true })), ignoreDefaultArgs });
  try {
    const page = await browser.newPage();
    await openPage(page, servers.home);
    await keepConnected(page);
    await page.evaluate(() => addEventListener("pageshow", ({ persisted }) => Object.assign(lab.kept, { persisted })));
    const devtools = await page.context().newCDPSession(page);
    const inPage = async (expression: string): Promise<unknown> => {
      const answer = await devtools.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
      return answer.result.value;
    };
    await page.goto(servers.away);
    await inPage("history.back()");
    const states = /^connecting,connected(,waiting,connecting)+,connected$/;
    await expect.poll(() => inPage("String(globalThis.lab?.kept.states)")).toMatch(states);
    expect(await inPage("lab.kept.persisted")).toBe(true);
    expect(await inPage('lab.kept.live.ready().then((remote) => remote.greet("back"))')).toBe("hello back");
  } finally {
    await browser.close();
  }
});

test("B08: the event `online` makes the next attempt at once", async ({ page, context }) => {
  await openPage(page, servers.home);
  await page.evaluate(() => {
    const { consume, reconnecting } = lab.cuttle;
    const url = `${location.origin.replace("http:", "ws:")}/life`;
    // Without the event the second attempt would come after ten minutes.
    const live = reconnecting(() => consume<Api>(url), {
      backoff: { initialMs: 600_000, maxMs: 600_000 },
      random: () => 1,
    });
    const states: string[] = [];
    live.onState(({ name }) => states.push(name));
    Object.assign(lab.kept, { live, states });
  });
  await expect.poll(() => statesOf(page)).toContain("connected");
  await context.setOffline(true);
  await page.evaluate(async () => {
    const live = lab.kept.live as { current: object };
    await lab.cuttle.connectionOf(live.current).close();
  });
  await expect.poll(() => statesOf(page)).toContain("waiting");
  await context.setOffline(false);
  expect(await greet(page, "online")).toBe("hello online");
});

test("B08: the event `online` makes a connection ask whether its server is still there", async ({ page, context }) => {
  await openPage(page, servers.home);
  await page.evaluate(async () => {
    const remote = await lab.cuttle.consume<Api>(`${location.origin.replace("http:", "ws:")}/life`);
    await remote.greet("page");
    Object.assign(lab.kept, { remote });
  });
  const received = async (): Promise<number> =>
    await page.evaluate(() => lab.cuttle.connectionOf(lab.kept.remote as object).stats().framesReceived);
  const before = await received();
  // Its WebSockets go on meanwhile.
  await context.setOffline(true);
  await context.setOffline(false);
  await expect.poll(received).toBeGreaterThan(before);
});

test("O05: a page of another site cannot connect, though the browser would send the cookies along", async ({
  page,
}) => {
  await openPage(page, servers.away);
  const url = `${servers.home.replace("http:", "ws:")}/foreign`;
  expect(await page.evaluate((to) => lab.cuttle.connect(to).catch(lab.codeOf), url)).toBe("transport_connect");
  await openPage(page, servers.home);
  const mine = await page.evaluate(async (to) => (await lab.cuttle.consume<Api>(to)).greet("own"), url);
  expect(mine).toBe("hello own");
});

test("O09: prototypes patched after the page has loaded see nothing and break nothing", async ({ page }) => {
  await openPage(page, servers.home);
  const [answer, calls] = await page.evaluate(async () => {
    let seen = 0;
    for (const prototype of [ArrayBuffer.prototype, Object.getPrototypeOf(Uint8Array.prototype) as object]) {
      for (const name of ["byteLength", "byteOffset", "buffer"]) {
        const before = Object.getOwnPropertyDescriptor(prototype, name);
        if (before?.get === undefined) continue;
        const original = before.get;
        Object.defineProperty(prototype, name, {
          ...before,
          get() {
            if (this === hostile) seen++;
            return original.call(this);
          },
        });
      }
    }
    const hostile = new Uint8Array(8);
    const { port1, port2 } = new MessageChannel();
    const transport = lab.cuttle.messagePortTransport(port1);
    const codes: string[] = [];
    await transport.start({ frame() {}, writable() {}, ended() {}, failed: ({ code }) => codes.push(code) });
    port1.dispatchEvent(new MessageEvent("message", { data: hostile }));
    port2.close();
    const remote = await lab.cuttle.consume<Api>(new Worker("/dedicated.js", { type: "module" }));
    return [await remote.greet("patched"), seen] as const;
  });
  expect([answer, calls]).toEqual(["hello patched", 0]);
});
