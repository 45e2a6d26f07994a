/** Frames, popups and look-alikes: windows of two origins in a real browser. */

import { expect, type Frame, type Page, test } from "@playwright/test";
import { addFrame, openPage, ready, type Servers, startServers } from "./windows/lab.ts";
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

/** In a frame or popup: provides `{ double }` to the window around or behind it. */
async function provideIn(frame: Frame | Page, origin: string | undefined, options: object = {}): Promise<void> {
  await frame.evaluate(
    ([expected, more]) => {
      const { windowTransport, provide } = lab.cuttle;
      const other = window.opener ?? parent;
      const to = windowTransport(other, { ...(expected === undefined ? {} : { origin: expected }), ...more });
      lab.kept.providing = provide({ double: (n: number) => 2 * n }, { to }).then(
        async (connection) => `ended: ${await connection.closed.then(() => "in order", lab.codeOf)}`,
        (error: Error) => error.message,
      );
    },
    [origin, options] as const,
  );
}

/** How {@link provideIn} ended. */
async function providing(frame: Frame | Page): Promise<unknown> {
  return await frame.evaluate(() => lab.kept.providing);
}

/** In the page: consumes what frame number `index` or the popup provides; what `double(21)` gives, or the message of the error. */
async function consumeFrom(page: Page, index: number | "popup", options: object): Promise<unknown> {
  return await page.evaluate(
    async ([at, given]) => {
      const { windowTransport, consume } = lab.cuttle;
      try {
        const other = at === "popup" ? (lab.kept.popup as Window) : (window.frames[at] as Window);
        const remote = await consume<{ double(n: number): number }>(windowTransport(other, given));
        lab.kept.remote = remote;
        return await remote.double(21);
      } catch (error) {
        return (error as Error).message;
      }
    },
    [index, options] as const,
  );
}

for (const first of ["frame", "page"] as const) {
  test(`a page and a frame of another origin connect, the ${first} being first, and close in order`, async ({
    page,
  }) => {
    await openPage(page, servers.home, complaints);
    const frame = await addFrame(page, `${servers.away}/`);
    const started = first === "frame" ? provideIn(frame, servers.home) : undefined;
    await started;
    const answer = consumeFrom(page, 0, { origin: servers.away });
    if (first === "page") {
      // Another turn of the page, so that it has greeted.
      await page.evaluate(() => undefined);
      await provideIn(frame, servers.home);
    }
    expect(await answer).toBe(42);
    await page.evaluate(() => lab.cuttle.connectionOf(lab.kept.remote).close());
    expect(await providing(frame)).toBe("ended: in order");
    expect(complaints).toEqual([]);
  });
}

test("a page that starts before its frame is loaded meets it all the same", async ({ page }) => {
  await openPage(page, servers.home, complaints);
  await page.evaluate((origin) => {
    const frame = document.createElement("iframe");
    document.body.append(frame);
    const { windowTransport, consume } = lab.cuttle;
    lab.kept.answer = consume<{ double(n: number): number }>(windowTransport(frame.contentWindow, { origin })).then(
      (remote) => remote.double(4),
    );
    frame.src = `${origin}/?late`;
  }, servers.away);
  await expect.poll(() => page.frames()[1]?.url()).toBe(`${servers.away}/?late`);
  const frame = page.frames()[1] as Frame;
  await ready(frame);
  await provideIn(frame, servers.home);
  expect(await page.evaluate(() => lab.kept.answer)).toBe(8);
  expect(complaints).toEqual([]);
});

test("a page of the wrong origin gets no data, and both sides say which one was expected", async ({ page }) => {
  await openPage(page, servers.home, complaints);
  const frame = await addFrame(page, `${servers.away}/`);
  await frame.evaluate(() => {
    const seen: unknown[] = [];
    addEventListener("message", (event) => seen.push(...event.ports, Object.keys(event.data)));
    lab.kept.seen = seen;
  });
  await provideIn(frame, servers.home);
  const expected = "https://widget.example";
  const message = await consumeFrom(page, 0, { origin: expected });
  expect(message).toMatch(/^transport_connect: .* comes from "http:\/\/localhost:\d+", and \["https:\/\/widget/);
  expect(message).toContain(servers.away);
  expect(await providing(frame)).toMatch(/^transport_connect: .* does not expect a page from "http:\/\/localhost/);
  // Greetings, which say nothing, and no port.
  for (const keys of (await frame.evaluate(() => lab.kept.seen)) as string[][])
    for (const key of keys) expect(["cuttle", "name", "from", "to", "refused"]).toContain(key);
});

test("the frame, too, refuses a page around it that it does not expect", async ({ page }) => {
  await openPage(page, servers.home, complaints);
  const frame = await addFrame(page, `${servers.away}/`);
  const answer = consumeFrom(page, 0, { origin: servers.away });
  await provideIn(frame, "https://portal.example");
  expect(await answer).toMatch(/^transport_connect: .* does not expect a page from/);
  expect(await providing(frame)).toMatch(/^transport_connect: .*and \["https:\/\/portal.example"\] was expected/);
});

test("O01: without an origin, or with one that is none, nothing is done", async ({ page }) => {
  await openPage(page, servers.home, complaints);
  await addFrame(page, `${servers.away}/`);
  for (const options of [{}, { origin: "*" }, { origin: `${servers.away}/path` }, { origin: [] }, { origin: "x" }])
    expect(await consumeFrom(page, 0, options), JSON.stringify(options)).toMatch(/^local_misuse: .*needs the origin/);
  expect(await page.evaluate(() => lab.cuttle.connect(window.frames[0] as never).catch(lab.codeOf))).toBe(
    "local_misuse",
  );
});

test("O01: any origin is allowed only by an option that says it is unsafe", async ({ page }) => {
  await openPage(page, servers.home, complaints);
  const frame = await addFrame(page, `${servers.away}/`);
  await provideIn(frame, undefined, { unsafeAnyOrigin: true });
  expect(await consumeFrom(page, 0, { unsafeAnyOrigin: true })).toBe(42);
});

test('O04: a sandboxed frame needs the origin "null", and another one of that origin is not heard', async ({
  page,
}) => {
  await openPage(page, servers.home, complaints);
  const frame = await addFrame(page, `${servers.home}/`, { sandbox: "allow-scripts" });
  const other = await addFrame(page, `${servers.home}/?other`, { sandbox: "allow-scripts" });
  await provideIn(frame, servers.home);
  expect(await consumeFrom(page, 0, { origin: servers.home })).toMatch(/comes from "null"/);
  const answer = consumeFrom(page, 0, { origin: "null" });
  await other.evaluate(() => {
    for (const from of ["", "zzzz"])
      parent.postMessage({ cuttle: "window", name: "", from }, "*", [new MessageChannel().port1]);
  });
  await provideIn(frame, servers.home);
  expect(await answer).toBe(42);
});

test("O07: greetings of another frame and made-up events are not heard", async ({ page }) => {
  await openPage(page, servers.home, complaints);
  const right = await addFrame(page, `${servers.away}/`);
  const wrong = await addFrame(page, `${servers.away}/?foreign`);
  const answer = consumeFrom(page, 0, { origin: servers.away });
  await wrong.evaluate(() => {
    // The greatest and the least id, with and without a port: whatever would make the page take or make a channel.
    for (const from of ["", "zzzz"]) {
      const greeting = { cuttle: "window", name: "", from };
      parent.postMessage(greeting, "*");
      parent.postMessage(greeting, "*", [new MessageChannel().port1]);
      parent.postMessage({ ...greeting, refused: true }, "*");
    }
  });
  await page.evaluate((origin) => {
    const source = window.frames[0] as Window;
    const { port1 } = new MessageChannel();
    const data = { cuttle: "window", name: "", from: "zzzz" };
    dispatchEvent(new MessageEvent("message", { data, origin, source, ports: [port1] }));
  }, servers.away);
  await provideIn(right, servers.home);
  expect(await answer).toBe(42);
});

test("what else a window is sent, from the very frame, changes nothing", async ({ page }) => {
  await openPage(page, servers.home, complaints);
  const frame = await addFrame(page, `${servers.away}/`);
  const answer = consumeFrom(page, 0, { origin: servers.away });
  await frame.evaluate(() => {
    const junk = [null, 1, "cuttle", [], {}, { cuttle: "window" }, { cuttle: "window", name: "", from: 1 }];
    const others = [
      { cuttle: "window", name: "other", from: "a" },
      { cuttle: "window", name: "", from: "a", to: "somebody else" },
      { cuttle: "window", name: "", from: "a", to: {} },
    ];
    for (const one of [...junk, ...others]) parent.postMessage(one, "*", [new MessageChannel().port1]);
  });
  await provideIn(frame, servers.home);
  expect(await answer).toBe(42);
});

test("two connections between the same windows are told apart by their names", async ({ page }) => {
  await openPage(page, servers.home, complaints);
  const frame = await addFrame(page, `${servers.away}/`);
  await frame.evaluate((origin) => {
    for (const name of ["one", "two"])
      void lab.cuttle.provide({ name: () => name }, { to: lab.cuttle.windowTransport(parent, { origin, name }) });
  }, servers.home);
  const names = await page.evaluate(async (origin) => {
    const { windowTransport, consume } = lab.cuttle;
    const ask = async (name: string): Promise<string> =>
      await (await consume<{ name(): string }>(windowTransport(window.frames[0] as Window, { origin, name }))).name();
    return await Promise.all(["two", "one"].map(ask));
  }, servers.away);
  expect(names).toEqual(["two", "one"]);
});

for (const origin of ["home", "away"] as const) {
  test(`T07: a page notices that its popup (${origin}) is closed`, async ({ page }) => {
    await openPage(page, servers.home, complaints);
    const opened = page.waitForEvent("popup");
    await page.evaluate((url) => {
      lab.kept.popup = window.open(url);
    }, `${servers[origin]}/`);
    const popup = await opened;
    await ready(popup);
    await provideIn(popup, servers.home);
    expect(await consumeFrom(page, "popup", { origin: servers[origin] })).toBe(42);
    const closed = page.evaluate(() => lab.cuttle.connectionOf(lab.kept.remote).closed.catch(lab.codeOf));
    await popup.close();
    expect(await closed).toBe("transport_lost");
  });
}

test("O03: a frame that goes to another origin ends its connection, and the new page gets nothing", async ({
  page,
}) => {
  await openPage(page, servers.home, complaints);
  const frame = await addFrame(page, `${servers.home}/`);
  await provideIn(frame, servers.home);
  expect(await consumeFrom(page, 0, { origin: servers.home })).toBe(42);
  await frame.goto(`${servers.away}/?new`);
  await frame.evaluate(() => {
    const seen: unknown[] = [];
    addEventListener("message", (event) => seen.push(event.data));
    lab.kept.seen = seen;
  });
  const code = await page.evaluate(async () => {
    const remote = lab.kept.remote as { double(n: number): Promise<number> };
    await lab.cuttle.connectionOf(remote).closed.catch(() => undefined);
    return await remote.double(1).catch(lab.codeOf);
  });
  expect(code).toBe("transport_lost");
  expect(await frame.evaluate(() => lab.kept.seen)).toEqual([]);
});

test("docs/transports.md: a page searches in the widget of its frame", async ({ page }) => {
  await openPage(page, servers.home, complaints);
  const frame = await addFrame(page, `${servers.away}/`);
  await frame.evaluate((origin) => {
    lab.kept.providing = lab.examples.serveWidget(origin);
  }, servers.home);
  const hits = await page.evaluate((origin) => {
    const element = document.querySelector("iframe") as HTMLIFrameElement;
    return lab.examples.searchWidget(element, origin, "cuttleb");
  }, servers.away);
  expect(hits).toEqual(["cuttlebone"]);
  await providing(frame);
  expect(complaints).toEqual([]);
});
