/** Workers of every kind, and tabs that meet through one, in a real browser. */

import { expect, type Page, test } from "@playwright/test";
import type { Counter } from "../../docs/examples/shared-counter.ts";
import type { Remote } from "../../ts/index.ts";
import type { Api } from "./windows/api.ts";
import { openPage, type Servers, startServers } from "./windows/lab.ts";
import type { Lab } from "./windows/page.ts";

declare const lab: Lab;

test.describe.configure({ timeout: 60_000 });

let servers: Servers;
const complaints: string[] = [];

test.beforeAll(async () => {
  test.setTimeout(120_000);
  servers = await startServers();
});

test.afterAll(() => servers.stop());

test.beforeEach(() => {
  complaints.length = 0;
});

/** Another tab of the same browser. */
async function newTab(page: Page, url = servers.home): Promise<Page> {
  const tab = await page.context().newPage();
  await openPage(tab, url, complaints);
  return tab;
}

test("a worker connects to self as it is, and another one provides to whoever started it", async ({ page }) => {
  await openPage(page, servers.home, complaints);
  const answers = await page.evaluate(async () => {
    const { connect, consume, t } = lab.cuttle;
    const shouting = new Worker("/self.js", { type: "module" });
    await using conn = await connect(shouting, { send: t.str, receive: t.str });
    await conn.tx.send("hello");
    await using remote = await consume<Api>(new Worker("/dedicated.js", { type: "module" }));
    return [await conn.rx.recv(), await remote.greet("you")];
  });
  expect(answers).toEqual(["HELLO", "hello you"]);
  expect(complaints).toEqual([]);
});

test("bytes that are given away go to a worker and back without a copy", async ({ page }) => {
  await openPage(page, servers.home, complaints);
  const seen = await page.evaluate(async () => {
    const { bin, connect, t, transfer } = lab.cuttle;
    await using conn = await connect(new Worker("/echo.js", { type: "module" }), {
      send: t.struct({ rx: t.bin.receiver, tx: t.bin.sender }),
    });
    const [[tx, far], [back, rx]] = [bin.channel(), bin.channel()];
    await conn.tx.send({ rx: far, tx: back });
    let copied = 0;
    const { set } = Uint8Array.prototype;
    Uint8Array.prototype.set = function (source, offset) {
      copied += source.length;
      set.call(this, source, offset);
    };
    const lengths: unknown[] = [];
    for (const length of [64 * 1024, 1024 * 1024]) {
      const source = new Uint8Array(length).fill(7);
      const given = transfer(source);
      const [got] = await Promise.all([rx.recv(), tx.send(given)]);
      const isWhole = got?.byteOffset === 0 && got.buffer.byteLength === length && got.every((byte) => byte === 7);
      lengths.push([source.length, given.length, isWhole]);
    }
    Uint8Array.prototype.set = set;
    tx.close();
    // The worker has seen the end.
    await rx.recv();
    return { lengths, copied };
  });
  expect(seen.lengths).toEqual([
    [0, 0, true],
    [0, 0, true],
  ]);
  expect(seen.copied).toBeLessThan(16 * 1024);
  expect(complaints).toEqual([]);
});

test("bytes that are given away inside a plain value go to a worker and back without a copy", async ({ page }) => {
  await openPage(page, servers.home, complaints);
  const seen = await page.evaluate(async () => {
    const { consume, transfer } = lab.cuttle;
    await using remote = await consume<Api>(new Worker("/dedicated.js", { type: "module" }));
    await remote.visit();
    let copied = 0;
    const { set } = Uint8Array.prototype;
    Uint8Array.prototype.set = function (source, offset) {
      copied += source.length;
      set.call(this, source, offset);
    };
    const pixels = transfer(new Uint8Array(1024 * 1024).fill(7));
    const { pixels: got, names } = await remote.turn({ pixels, names: ["a", "b"] });
    Uint8Array.prototype.set = set;
    const isWhole = got.buffer.byteLength === 1024 * 1024 && got.every((byte) => byte === 7);
    return { left: pixels.length, isWhole, names, copied };
  });
  expect(seen).toEqual({ left: 0, isWhole: true, names: ["b", "a"], copied: expect.any(Number) });
  expect(seen.copied).toBeLessThan(16 * 1024);
  expect(complaints).toEqual([]);
});

test("T07: a worker that throws at start, or is not there, fails the connection and says why", async ({ page }) => {
  await openPage(page, servers.home);
  const messages = await page.evaluate(async () => {
    const message = (script: string): Promise<string> =>
      lab.cuttle.connect(new Worker(script, { type: "module" })).then(
        () => "connected",
        (error: Error) => error.message,
      );
    const shared = lab.cuttle
      .connect(new SharedWorker("/throwing.js", { type: "module" }))
      .catch((error: Error) => error.message);
    return [await message("/throwing.js"), await message("/missing.js"), await shared];
  });
  expect(messages).toEqual([
    expect.stringMatching(/^transport_lost: the worker failed: .*this worker cannot start/),
    expect.stringMatching(/^transport_lost: the worker failed: its script could not be loaded/),
    expect.stringMatching(/^transport_lost: the worker failed: .*this worker cannot start|could not be loaded/),
  ]);
});

test("two tabs use one shared worker and its one connection to the server; the last one ends it", async ({ page }) => {
  const path = `/shared-${crypto.randomUUID()}`;
  const use = async (tab: Page): Promise<unknown> =>
    await tab.evaluate(async (name) => {
      const worker = new SharedWorker("/shared.js", { type: "module", name });
      const remote = await lab.cuttle.consume<Api & { askServer(name: string): string }>(worker);
      lab.kept.remote = remote;
      return [await remote.visit(), await remote.askServer("tab")];
    }, path);
  // A page that is not the fixture's, so that every tab can be closed.
  const [one, two] = [await newTab(page), await newTab(page)];
  expect(await use(one)).toEqual([1, "hello tab"]);
  expect(await use(two)).toEqual([2, "hello tab"]);
  const ending = async (): Promise<unknown> =>
    ((await (await page.request.get(`${servers.home}/endings.json`)).json()) as Record<string, string>)[path];
  await one.close();
  expect(await two.evaluate(async () => await (lab.kept.remote as Api).greet("still"))).toBe("hello still");
  expect(await ending()).toBeUndefined();
  await two.close();
  await expect.poll(ending, { timeout: 20_000 }).toMatch(/^transport_lost: .*WebSocket closed with code 100[16]/);
  // The next tab starts another worker.
  const three = await newTab(page);
  expect(await use(three)).toEqual([1, "hello tab"]);
  expect(complaints).toEqual([]);
});

test("B06: a service worker serves a page; when the browser ends it, the connection is lost and made again", async ({
  page,
}) => {
  await openPage(page, servers.home, complaints);
  const first = await page.evaluate(async () => {
    await navigator.serviceWorker.register("/service.js", { type: "module" });
    const { active } = await navigator.serviceWorker.ready;
    const { consume, reconnecting } = lab.cuttle;
    const live = reconnecting(() => consume<Api>(active as ServiceWorker), { backoff: { initialMs: 1 } });
    const states: string[] = [];
    live.onState(({ name }) => states.push(name));
    Object.assign(lab.kept, { live, states });
    const remote = await live.ready();
    return [await remote.visit(), await remote.visit()];
  });
  expect(first).toEqual([1, 2]);
  const pending = page.evaluate(async () => {
    const { current } = lab.kept.live as { current: { never(): Promise<void> } };
    return await current.never().catch(lab.codeOf);
  });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("ServiceWorker.enable");
  await devtools.send("ServiceWorker.stopAllWorkers");
  expect(await pending).toBe("transport_lost");
  const again = await page.evaluate(async () => {
    const { live, states } = lab.kept as { live: { ready(): Promise<Api>; close(): Promise<void> }; states: string[] };
    const visits = await (await live.ready()).visit();
    await live.close();
    return [visits, ...states];
  });
  // The worker that was started anew remembers nothing.
  expect(again.slice(0, 4)).toEqual([1, "connecting", "connected", "waiting"]);
  expect(complaints).toEqual([]);
});

test("two tabs meet through a shared worker and then talk directly; each notices the other's end", async ({ page }) => {
  const [one, two] = [await newTab(page), await newTab(page)];
  const name = crypto.randomUUID();
  const provided = one.evaluate(async (meeting) => {
    const worker = new SharedWorker("/tabs.js", { type: "module" });
    const port = await lab.cuttle.meetTab(worker, meeting);
    const connection = await lab.cuttle.provide({ greet: (who: string) => `hello ${who}` }, { to: port });
    return await connection.closed.then(() => "in order", lab.codeOf);
  }, name);
  const greeting = await two.evaluate(async (meeting) => {
    const worker = new SharedWorker("/tabs.js", { type: "module" });
    const remote = await lab.cuttle.consume<Api>(await lab.cuttle.meetTab(worker, meeting));
    lab.kept.remote = remote;
    return await remote.greet("tab");
  }, name);
  expect(greeting).toBe("hello tab");
  await two.close();
  expect(await provided).toBe("transport_lost");
  expect(complaints).toEqual([]);
});

test("O12: another tab of the origin gets no part in what two tabs say, whatever it knows and sends", async ({
  page,
}) => {
  const [one, two, third] = [await newTab(page), await newTab(page), await newTab(page)];
  const name = crypto.randomUUID();
  const provided = one.evaluate(async (meeting) => {
    const port = await lab.cuttle.meetTab(new SharedWorker("/tabs.js", { type: "module" }), meeting);
    const connection = await lab.cuttle.provide({ greet: (who: string) => `hello ${who}` }, { to: port });
    return await connection.closed.then(() => "in order", lab.codeOf);
  }, name);
  await two.evaluate(async (meeting) => {
    const port = await lab.cuttle.meetTab(new SharedWorker("/tabs.js", { type: "module" }), meeting);
    lab.kept.remote = await lab.cuttle.consume<Api>(port);
  }, name);
  await third.evaluate(async (meeting) => {
    const heard: unknown[] = [];
    const channel = new BroadcastChannel(meeting);
    channel.onmessage = ({ data }) => heard.push(data);
    const { port } = new SharedWorker("/tabs.js", { type: "module" });
    port.onmessage = ({ data }) => heard.push(data);
    for (const junk of ["leave", "met", { meet: meeting }, { meet: meeting, lockName: "x" }]) {
      port.postMessage(junk);
      channel.postMessage(junk);
    }
    lab.kept.heard = heard;
  }, name);
  const greeting = await two.evaluate(async () => {
    const remote = lab.kept.remote as Remote<Api>;
    const greeted = await remote.greet("you");
    await lab.cuttle.connectionOf(remote).close();
    return greeted;
  });
  expect(greeting).toBe("hello you");
  expect(await provided).toBe("in order");
  expect(await third.evaluate(() => lab.kept.heard)).toEqual([]);
});

test("a tab that waited and was closed, or gave up, is not met any more", async ({ page }) => {
  const name = crypto.randomUUID();
  const wait = async (tab: Page): Promise<void> =>
    await tab.evaluate(async (meeting) => {
      const { meetTab } = lab.cuttle;
      // A worker of this tab alone, so that the wish has come there when another one's is answered.
      const worker = () => new SharedWorker("/tabs.js", { type: "module" });
      void meetTab(worker(), meeting);
      await Promise.all([meetTab(worker(), `${meeting} is there`), meetTab(worker(), `${meeting} is there`)]);
    }, name);
  const kept = await newTab(page);
  await kept.evaluate(async (meeting) => {
    const giveUp = new AbortController();
    const worker = () => new SharedWorker("/tabs.js", { type: "module" });
    const waited = lab.cuttle.meetTab(worker(), meeting, { signal: giveUp.signal }).catch((reason) => reason);
    giveUp.abort("enough");
    if ((await waited) !== "enough") throw new Error("it was not aborted");
  }, name);
  const gone = await newTab(page);
  await wait(gone);
  await gone.close();
  // The lock of the closed tab is free once it is gone, and the worker has heard of that before it hears of a later one.
  await expect.poll(() => kept.evaluate(async () => (await navigator.locks.query()).held?.length)).toBe(0);
  const answer = await kept.evaluate(async (meeting) => {
    const worker = () => new SharedWorker("/tabs.js", { type: "module" });
    const [a, b] = await Promise.all([lab.cuttle.meetTab(worker(), meeting), lab.cuttle.meetTab(worker(), meeting)]);
    const [, remote] = await Promise.all([
      lab.cuttle.provide({ greet: (who: string) => `hello ${who}` }, { to: a }),
      lab.cuttle.consume<Api>(b),
    ]);
    return await remote.greet("here");
  }, name);
  expect(answer).toBe("hello here");
});

test("O11: a worker that floods its page with frames fails alone, and the page goes on", async ({ page }) => {
  await openPage(page, servers.home, complaints);
  const outcome = await page.evaluate(async () => {
    const flooding = new Worker("/flooding.js", { type: "module" });
    const failed = await lab.cuttle.connect(flooding, { handshakeTimeoutMs: 5_000 }).catch(lab.codeOf);
    await using remote = await lab.cuttle.consume<Api>(new Worker("/dedicated.js", { type: "module" }));
    const greeting = await remote.greet("anyway");
    flooding.terminate();
    return [failed, greeting];
  });
  expect(outcome).toEqual(["peer_not_remoc", "hello anyway"]);
});

test("O11: a page that floods its worker with frames can go on, and end it", async ({ page }) => {
  await openPage(page, servers.home, complaints);
  const outcome = await page.evaluate(async () => {
    const { connectionOf, consume } = lab.cuttle;
    const flooded = new Worker("/dedicated.js", { type: "module" });
    const remote = await consume<Api>(flooded);
    for (let frame = 0; frame < 100_000; frame++) flooded.postMessage(new Uint8Array(16));
    const pending = remote.greet("nobody").catch(lab.codeOf);
    await using other = await consume<Api>(new Worker("/dedicated.js", { type: "module" }));
    const greeting = await other.greet("anyway");
    flooded.terminate();
    return [greeting, await pending, await connectionOf(remote).closed.catch(lab.codeOf)];
  });
  expect(outcome).toEqual(["hello anyway", "transport_lost", "transport_lost"]);
});

test("docs/transports.md: pages share a counter, in a shared worker and in a service worker", async ({ page }) => {
  await openPage(page, servers.home, complaints);
  const counts = await page.evaluate(async () => {
    const { consume } = lab.cuttle;
    const count = async (target: SharedWorker | ServiceWorker): Promise<number> => {
      await using counter = await consume<Counter>(target);
      return await counter.increase();
    };
    const shared = () => new SharedWorker("/counter.js", { type: "module", name: "docs" });
    await navigator.serviceWorker.register("/counter.js", { type: "module", scope: "/counter" });
    const registration = await navigator.serviceWorker.getRegistration("/counter");
    const service = registration?.active ?? registration?.waiting ?? registration?.installing;
    return [await count(shared()), await count(shared()), await count(service as ServiceWorker)];
  });
  expect(counts).toEqual([1, 2, 1]);
  expect(complaints).toEqual([]);
});

test("docs/transports.md: one tab draws in the other", async ({ page }) => {
  const [one, two] = [await newTab(page), await newTab(page)];
  const shown = one.evaluate(async () => {
    const points: number[][] = [];
    const worker = new SharedWorker("/tabs.js", { type: "module" });
    await lab.examples.showDrawing(worker, (x, y) => points.push([x, y]));
    return points;
  });
  await two.evaluate(async () => {
    const worker = new SharedWorker("/tabs.js", { type: "module" });
    await lab.examples.drawThere(worker, [
      [1, 2],
      [3, 4],
    ]);
  });
  expect(await shown).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(complaints).toEqual([]);
});
