/** Holds the guides to their word: their code is the code of docs/examples/, and that code runs here. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { describe, expect, test, vi } from "vitest";
import * as channels from "../../docs/examples/channels.ts";
import * as chatRooms from "../../docs/examples/chat-rooms.ts";
import * as counterClient from "../../docs/examples/counter-client.ts";
import { serveCounter } from "../../docs/examples/counter-server.ts";
import { HeatError, Heater } from "../../docs/examples/heater.ts";
import { heatUp } from "../../docs/examples/heater-client.ts";
import * as images from "../../docs/examples/images.ts";
import * as liveTable from "../../docs/examples/live-table.ts";
import * as liveWindow from "../../docs/examples/live-window.ts";
import * as rawPorts from "../../docs/examples/raw-ports.ts";
import * as rooms from "../../docs/examples/rooms.ts";
import * as sharedObjects from "../../docs/examples/shared-objects.ts";
import { numbers } from "../../docs/examples/slim.ts";
import { shout } from "../../docs/examples/stdio-parent.ts";
import * as testing from "../../docs/examples/testing.ts";
import { traced } from "../../docs/examples/traced.ts";
import * as values from "../../docs/examples/values.ts";
import { shoutOver } from "../../docs/examples/web-transport.ts";
import { runImport } from "../../ts/import/command.ts";
import {
  bin,
  connect,
  consume,
  type Impl,
  json,
  memoryPair,
  mpsc,
  postbag,
  provide,
  type Transport,
  t,
  watch,
  webStreamTransport,
} from "../../ts/index.ts";
import { runCommand } from "../../ts/relay/commands.ts";
import { blocks, read, region, root } from "./examples.ts";

const guides = ["", "guides/"].flatMap((folder) =>
  readdirSync(join(root, "docs", folder)).flatMap((file) => (file.endsWith(".md") ? [folder + file] : [])),
);

describe.each(guides)("docs/%s", (guide) => {
  const text = read(`docs/${guide}`);
  const code = blocks(text).filter(({ language }) => ["ts", "tsx", "js", "svelte", "rust"].includes(language));

  test("shows the code of its examples as it is", () => {
    for (const block of code) {
      expect(block.file, `a block of ${guide} names its file:\n${block.code}`).toBeDefined();
      expect(block.code).toBe(region(block.file ?? ""));
    }
  });

  test("links only to files that exist", () => {
    const targets = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target = ""]) => target);
    const missing = targets.filter((target) => !existsSync(join(root, dirname(`docs/${guide}`), target)));
    expect(missing).toEqual([]);
  });
});

test("docs/objects.md: the page uses the object of a worker, with progress", async () => {
  const { port1, port2 } = new MessageChannel();
  const shown: number[] = [];
  const [blurred] = await Promise.all([images.page(port1, (percent) => shown.push(percent)), images.worker(port2)]);
  expect([...blurred]).toEqual([1, 2, 4]);
  expect(shown).toEqual([0, 50, 100]);
});

test("docs/objects.md: visitors of a room hear each other", async () => {
  await using server = await chatRooms.listen(0);
  const heard: string[] = [];
  expect(await chatRooms.visit(server.url, (text) => heard.push(text))).toBe(1);
  expect(heard).toEqual(["hi"]);
});

test("docs/mux.md: a message in pieces comes back whole", async () => {
  const { port1, port2 } = new MessageChannel();
  const echoing = rawPorts.echo(port2);
  expect(await rawPorts.ask(port1)).toBe("piece by piece");
  await echoing;
});

test("docs/mux.md: the frames of a connection are recorded and printed, without what the program sent", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cuttle-"));
  try {
    const { a, b } = memoryPair();
    const far = connect(b, { receive: t.str });
    await traced(a, join(folder, "trace"));
    await (await far).close();
    const lines: string[] = [];
    const output = { out: (line: string) => lines.push(line), err: (line: string) => lines.push(line) };
    expect(await runCommand(["trace", join(folder, "trace")], output, new AbortController().signal)).toBe(0);
    expect(lines[0]).toMatch(/^ +\d\.\d{3} → Reset$/);
    expect(lines).toContainEqual(expect.stringMatching(/^ +\d+\.\d{3} → {3}6 bytes: $/));
    expect(await runCommand(["trace", join(root, "README.md")], output, new AbortController().signal)).toBe(2);
    expect(lines.at(-1)).toMatch(/this is no trace of cuttle/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("docs/testing.md: a call over a slow network takes a round trip of virtual time, and a lost one rejects", async () => {
  const { result, tookMs } = await testing.roundTrip();
  expect(result).toBe(2);
  expect(tookMs).toBeGreaterThanOrEqual(160);
  expect(tookMs).toBeLessThan(165);
  expect(await testing.lost()).toMatchObject({ code: "transport_lost" });
});

test("docs/channels.md: every example does what it says", async () => {
  expect(await channels.shareOut([1, 2, 3, 4, 5])).toEqual([1, 4, 9, 16, 25]);
  expect(await channels.newestReading(() => 2.5)).toBe(2.5);
  const prices: number[] = [];
  await channels.follow((price) => prices.push(price));
  expect(prices).toEqual([101]);
  expect(await channels.tellAll()).toEqual(["hello", "hello"]);
  const percents: number[] = [];
  const file = Uint8Array.from({ length: 200_000 }, (_, at) => at);
  expect(await channels.upload(file, (percent) => percents.push(percent))).toEqual(file);
  expect(percents.at(-1)).toBe(100);
  expect(await channels.compressed("x".repeat(100_000))).toBeLessThan(1_000);
  expect(await channels.lineByLine(["one", "two"])).toBe(8);
  const picture = { data: new Uint8ClampedArray(64) } as ImageData;
  const [pictures, shown] = bin.channel();
  await channels.hand(picture, pictures);
  expect([(await shown.recv())?.length, picture.data.length]).toEqual([64, 0]);
  const [tx, rx] = mpsc.channel(t.u32);
  await tx.send(1);
  tx.close();
  expect(await channels.readable(rx)).toEqual([1]);
  expect(await channels.answerWithin(5_000)).toBe("here it is");
  const { a, b } = memoryPair();
  const [counted] = await Promise.all([channels.askOld(a, 3), channels.answerOld(b)]);
  expect(counted).toEqual([0, 1, 2]);
});

test("docs/values.md: values of every example arrive as they were, and a form names what is wrong", async () => {
  const order = { id: "67e55044-10b1-426f-9247-bb680e5fe0c8", rows: [{ name: "tea", price: 3 }], note: null };
  const tree = { value: 1, children: [{ value: 2, children: [] }] };
  const cases: [t.Descriptor, unknown][] = [
    [values.Order, order],
    [values.page(values.Row), { items: order.rows, next: null }],
    [values.Tree, tree],
    [values.Command, { Move: { x: 1, y: -1 } }],
    [values.Adjacent, { t: "Say", c: "hi" }],
    [values.OrderId, order.id],
  ];
  for (const [type, value] of cases) expect(await values.sent(type, value, postbag)).toEqual(value);
  expect(await values.sent(values.Tagged, { type: "Move", x: 1, y: 2 }, json)).toEqual({ type: "Move", x: 1, y: 2 });
  expect(await values.sent(values.Untagged, "hi", json)).toBe("hi");
  const query = { text: "a", range: { offset: 0, limit: 9 }, rest: { lang: "en" } };
  expect(await values.sent(values.Query, query, json)).toEqual(query);
  await expect(values.sent(values.Query, query, postbag)).rejects.toThrow(/^local_encode.*t\.flatten\(\)/);
  expect(values.problems(order)).toEqual([]);
  expect(values.problems({ ...order, rows: [{ name: "tea", price: -1 }] })).toEqual([
    "rows.0.price: expected u32, got -1",
  ]);
});

test("docs/collections.md: a page paints a row when it changes, once for a transaction", async () => {
  const { port1, port2 } = new MessageChannel();
  liveTable.rows.set("OTHER", { name: "Other", price: 9 });
  const painted: (number | undefined)[] = [];
  const [stop] = await Promise.all([liveTable.show(port1, (price) => painted.push(price)), liveTable.offer(port2)]);
  liveTable.changePrices();
  liveTable.rows.set("OTHER", { name: "Other", price: 10 });
  await expect.poll(() => painted).toEqual([2]);
  stop();
  await expect.poll(() => liveTable.rows.subscriberCount).toBe(0);
});

test("docs/collections.md: parts are evaluated at the source, and a mirror that comes back gets what it missed", async () => {
  const { prices, million, server } = liveWindow;
  prices.set("a", 1).set("b", 20);
  million.push("x", "y", "z");
  const above = server.above(10).mirror({ maxSize: 10 });
  expect([[...above], server.visible(1, 3).takeInitial()]).toEqual([[["b", 20]], ["y", "z"]]);
  const asked: unknown[] = [];
  const slow = prices.subscribe({ buffer: 1 });
  const mirror = liveWindow.follow(slow, (since) => {
    asked.push(since?.position);
    return server.all(since);
  });
  for (let at = 0; at < 100; at += 1) prices.set("c", at);
  await expect.poll(() => mirror.get("c")).toBe(99);
  expect(asked.length).toBeGreaterThan(0);
  expect([...mirror]).toEqual([...prices]);
});

test("PROTOCOL.md section 14 shows the bytes of a call as they are sent", async () => {
  const shown = /<!-- lane -->\n```\n([\s\S]*?)```/.exec(read("PROTOCOL.md"))?.[1] ?? "";
  const hex = shown.split("\n").flatMap(
    (line) =>
      line
        .match(/^(?:[0-9a-f]{2} )+/)?.[0]
        .trim()
        .split(" ") ?? [],
  );
  const below = memoryPair();
  const sent: Uint8Array[] = [];
  const listening: Transport = {
    kind: "memory",
    start: (sink) => below.b.start(sink),
    capacity: () => below.b.capacity(),
    send(frame) {
      sent.push(frame.slice());
      below.b.send(frame);
    },
    flush: () => below.b.flush(),
    close: () => below.b.close(),
  };
  const adding = { add: (a: number, b: number) => a + b };
  const [connection, remote] = await Promise.all([provide(adding, { to: below.a }), consume<typeof adding>(listening)]);
  expect(await remote.add(1, 2)).toBe(3);
  const frames = sent.map((frame) => [...frame].map((byte) => byte.toString(16).padStart(2, "0")).join(" "));
  expect(frames.filter((frame) => /^[01][0-9a-f] 00 00 00 00 00 /.test(frame)).slice(0, 2)).toEqual([
    hex.slice(0, 23).join(" "),
    hex.slice(23).join(" "),
  ]);
  await connection.close();
});

test("docs/calling.md: a counter is implemented, watched and called", async () => {
  const { port1, port2 } = new MessageChannel();
  const shown: number[] = [];
  const [left] = await Promise.all([counterClient.count(port1, (value) => shown.push(value)), serveCounter(port2)]);
  expect([shown, left]).toEqual([[20], 20]);
});

test("docs/calling.md: a room is spoken to before it is open", async () => {
  const { port1, port2 } = new MessageChannel();
  const [heard] = await Promise.all([rooms.guest(port1), rooms.hotel(port2)]);
  expect(heard).toEqual(["lobby: hi", "denied"]);
});

test("docs/calling.md: functions and objects are given and used", async () => {
  const { port1, port2 } = new MessageChannel();
  const [used] = await Promise.all([sharedObjects.user(port1), sharedObjects.owner(port2)]);
  expect(used).toEqual(["3", "HELLO", "all well", "100000", "Tuesday"]);
});

test("docs/from-rust.md: the contract is what comes of the trait", { timeout: 30_000 }, async () => {
  const printed: string[] = [];
  const output = { out: (text: string) => printed.push(text), err: (text: string) => printed.push(text) };
  expect(await runImport([relative(process.cwd(), join(root, "docs/examples/heater.rs"))], output)).toBe(0);
  expect(`${printed.join("\n")}\n`).toBe(region("docs/examples/heater.ts"));
});

test("docs/from-rust.md: the contract is implemented and called", async () => {
  const { port1, port2 } = new MessageChannel();
  let temperature = 20;
  const heater: Impl<typeof Heater> = {
    temperature: () => temperature,
    watch: () => watch.channel(t.u32, temperature)[1],
    heat({ by }) {
      if (temperature + by > 50) throw HeatError.error({ TooHot: { limit: 50 } });
      temperature += by;
      return null;
    },
    measure: () => mpsc.channel(t.u32)[1],
  };
  const [reached] = await Promise.all([heatUp(port1), provide(Heater, heater, { to: port2 })]);
  expect(reached).toBe(50);
});

test("docs/transports.md: a program is started and used over its standard streams", async () => {
  expect(await shout(join(root, "docs", "examples", "stdio-child.ts"), "hello")).toBe("HELLO");
}, 90_000);

test("docs/transports.md: the core is given to cuttle/slim", async () => {
  const core = new WebAssembly.Module(readFileSync(join(root, "wasm-core", "pkg", "cuttle_core_bg.wasm")));
  const { a, b } = memoryPair();
  const serving = connect(b, { receive: t.mpsc.sender(t.u32) }).then(async (conn) => {
    const tx = await conn.rx.recv();
    for (const number of [1, 2]) await tx?.send(number);
    tx?.close();
    await conn.closed;
  });
  expect(await numbers(core, a)).toEqual([1, 2]);
  await serving;
});

test("docs/transports.md: a page calls over a stream of WebTransport", async () => {
  const [there, back] = [new TransformStream(), new TransformStream()];
  class Session {
    readonly ready = Promise.resolve();
    createBidirectionalStream = async (): Promise<object> => ({ readable: back.readable, writable: there.writable });
  }
  vi.stubGlobal("WebTransport", Session);
  const providing = provide(
    { shout: (text: string) => text.toUpperCase() },
    { to: webStreamTransport({ readable: there.readable, writable: back.writable }) },
  );
  expect(await shoutOver("https://localhost/tools", "hello")).toBe("HELLO");
  await (await providing).closed;
  vi.unstubAllGlobals();
});
