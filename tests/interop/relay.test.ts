/** The relay between stock programs, and between a page's WebSocket and a server that only speaks TCP. */

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { connect, mpsc, postbag, t } from "../../ts/index.ts";
import { streamTransport } from "../../ts/node/index.ts";
import { parseAddress } from "../../ts/relay/address.ts";
import { startRelay } from "../../ts/relay/relay.ts";
import { sink } from "../scenarios/index.ts";
import { CountNote, CountReq } from "../scenarios/types.ts";
import { type Case, cases, runCase } from "./cases.ts";
import { codecs, peerPaths, useRustPeers, versions, watchEndings } from "./support.ts";

const peerOf = useRustPeers();
const root = join(import.meta.dirname, "..", "..");
const program = join(root, "ts", "cli.ts");
/** What is stopped after each test, the newest first. */
const running: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

/** A relay in this process; where it listens. */
async function relayed(listen: string, target: string, log: (line: string) => void = () => {}): Promise<string> {
  const relay = await startRelay({
    listen: parseAddress(listen),
    target: parseAddress(target),
    maxConnections: 10,
    bufferedBytes: 1 << 22,
    log,
  });
  running.push(() => relay.close());
  return relay.address;
}

function dialed(address: string) {
  const { hostname, port } = new URL(address);
  return streamTransport(createConnection({ host: hostname, port: Number(port) }));
}

/** What the stock program prints that plays the page's role. */
const PAGES: Record<string, unknown> = {
  "/count/postbag": { received: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] },
  "/request-count/json": { report: { ended: "end", received: [0, 1, 2, 3, 4] }, up_to: 5 },
  "/echo/postbag": { echoed: 3 },
  "/echo/json": { echoed: 3 },
  "/sink/postbag": { report: { bytes: 3_000_000, error: null, items: 300, sum: 382_430_656 } },
  "/source/postbag": { items: 300 },
  "/tree/json": { told: ["root", "root/child/tx", "42"] },
  "/limit/postbag": {
    200000: { ended: "end", received: [10, 100_000, 10] },
    default: { ended: "end", received: [10, 100_000, 10, 1_000_000, 10] },
  },
  "/bin/postbag": { sent: [0, 1, 100_000, 0, 1_000_000], offered: [0, 1, 100_000, 0, 1_000_000] },
  "/broadcast/postbag": { listened: [100, 0], subscribed: [100, 0] },
};

describe.each(versions)("the page of remoc %s", (pageVersion) => {
  describe.each(versions)("with the peer of remoc %s", (version) => {
    test.each(Object.keys(PAGES))("plays %s through the relay as it does without", async (path) => {
      const peer = peerOf(version);
      const endings = watchEndings(peer);
      const address = await relayed(`ws://127.0.0.1:0${path}`, peer.url + path);
      const { stdout } = await promisify(execFile)((await peerPaths())[pageVersion], ["connect", address]);
      expect(JSON.parse(stdout)).toEqual(PAGES[path]);
      expect(await endings()).toEqual(["ended orderly"]);
    });
  });
});

/** Those of channels: where the path tells what is played, each has a relay of its own. */
const OF_CHANNELS =
  /^(count|countStopped|requestCount|echo|tree|sink|source|limitedUpload|limit|binEcho|lrEcho|watch\w+|broadcast\w+|stop|close\w+|spentHalf)$/;
const SCENARIOS = [
  "count",
  "request-count",
  "echo",
  "sink",
  "source",
  "stop",
  "tree",
  "limit",
  "bin",
  "lr",
  "watch",
  "broadcast",
  "hello-only",
];

describe.each(versions)("cuttle through the relay, over TCP, with remoc %s", (version) => {
  // How much is taken while nobody reads is more than without the relay; see below.
  const played = cases.filter(({ scenario, title }) => OF_CHANNELS.test(scenario) && !title.startsWith("C04"));

  test.each(played)("$title ($scenario)", async (one: Case) => {
    const { route, endings } = await routeThrough(version);
    await runCase(one, route, version);
    expect(await endings()).toEqual(["ended orderly"]);
  });

  test("each end is told what the other one announces of the form of values, and of nothing else", async () => {
    const forms = version === "0.20.5" ? ["compact_transported", "postbag_1", "postbag_allow_skip"] : [];
    const port = peerOf(version).info.tcp["count/postbag"];
    const second = await relayed("tcp://127.0.0.1:0", `tcp://127.0.0.1:${port}`);
    for (const address of [second, await relayed("ws://127.0.0.1:0", second)]) {
      const target = address.startsWith("tcp:") ? dialed(address) : address;
      await using conn = await connect(target, { send: CountReq, receive: CountNote });
      expect(conn.peer.capabilities).toEqual(forms);
    }
  });

  test("an upload that nobody reads stops at the windows of both hops, and others go on meanwhile", async () => {
    const { route } = await routeThrough(version);
    const { acceptedBeforeGo, peerWindowBytes, roundTrips, report, expectedSum } = await sink(route, {
      items: 700,
      itemBytes: 10_000,
    });
    expect(roundTrips).toBeGreaterThanOrEqual(5);
    // What the peer's queue takes, as over one hop; the pool of 0.20, which may be four times as large before it is told
    // that too much of it is used; and the window of the relay, which grew.
    const atPeer = peerWindowBytes + 18 * 10_000 + (version === "0.20.5" ? 4 << 20 : 0);
    expect(acceptedBeforeGo * 10_000).toBeLessThanOrEqual(atPeer + (1 << 20));
    expect(report).toEqual({ items: 700, bytes: 7_000_000, sum: expectedSum, error: null });
  });
});

/** A relay for each scenario, and the route through them. */
async function routeThrough(version: (typeof versions)[number]) {
  const peer = peerOf(version);
  const endings = watchEndings(peer);
  const codec = codecs[0] ?? postbag;
  const addresses = new Map<string, string>();
  for (const scenario of SCENARIOS) {
    const path = `/${scenario}/${codec.name}`;
    addresses.set(path, await relayed("tcp://127.0.0.1:0", peer.url + path));
  }
  return { route: { connectTo: (path: string) => dialed(addresses.get(path) ?? ""), codec }, endings };
}

describe.each(versions)("a page's WebSocket and the TCP port of remoc %s", (version) => {
  test("count through the relay", async () => {
    const port = peerOf(version).info.tcp["count/postbag"];
    const address = await relayed("ws://127.0.0.1:0/live", `tcp://127.0.0.1:${port}`);
    expect(await count(address)).toEqual([0, 1, 2, 3, 4]);
  });

  test("count through two relays, of which the one listens on a Unix socket", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cuttle-"));
    running.push(async () => rmSync(folder, { recursive: true }));
    const socket = `unix:${join(folder, "relay")}`;
    await relayed(socket, `tcp://127.0.0.1:${peerOf(version).info.tcp["count/postbag"]}`);
    expect(await count(await relayed("ws://127.0.0.1:0", socket))).toEqual([0, 1, 2, 3, 4]);
  });
});

describe("ends", () => {
  test("a target that cannot be reached ends the session, with a line that says why", async () => {
    const lines: string[] = [];
    const address = await relayed("ws://127.0.0.1:0", `tcp://127.0.0.1:${await unusedPort()}`, (line) =>
      lines.push(line),
    );
    await expect(connect(address)).rejects.toMatchObject({ code: "peer_not_remoc" });
    expect(lines).toEqual([
      expect.stringMatching(/^#1 127\.0\.0\.1 port \d+: the target could not be connected: transport_connect/),
    ]);
  });

  test("a client that vanishes is lost for the server, and a server that vanishes for the client", async () => {
    const peer = peerOf("0.20.5");
    const endings = watchEndings(peer);
    const address = await relayed("tcp://127.0.0.1:0", `${peer.url}/count/postbag`);
    const { hostname, port } = new URL(address);
    const socket = createConnection({ host: hostname, port: Number(port) });
    const conn = await connect(streamTransport(socket), { send: CountReq, receive: CountNote });
    socket.destroy();
    await expect(conn.closed).rejects.toMatchObject({ code: "transport_lost" });
    expect(await endings()).toEqual([expect.stringMatching(/^ended with /)]);

    const { target, sockets } = await pipeTo(peer.info.tcp["count/postbag"] as number);
    const through = await connect(await relayed("ws://127.0.0.1:0", target), { send: CountReq, receive: CountNote });
    for (const one of sockets) one.destroy();
    await expect(through.closed).rejects.toMatchObject({ code: "transport_lost" });
  });

  test("a hostile client ends its own session and no other", async () => {
    const lines: string[] = [];
    const port = peerOf("0.18.3").info.tcp["count/postbag"];
    const address = await relayed("tcp://127.0.0.1:0", `tcp://127.0.0.1:${port}`, (line) => lines.push(line));
    const conn = await connect(dialed(address), { send: CountReq, receive: CountNote });
    for (const attack of [
      "GET / HTTP/1.1\r\n\r\n",
      "\x01\0\0\0\x01\x1a\0\0\0".padEnd(64, "\xff"),
      "\xff\xff\xff\xff",
    ]) {
      const { hostname, port: where } = new URL(address);
      const socket = createConnection({ host: hostname, port: Number(where) });
      socket.on("error", () => {}).resume();
      socket.end(Buffer.from(attack, "latin1"));
      await once(socket, "close");
    }
    await vi.waitFor(() => expect(lines.filter((line) => line.includes("could not be connected")).length).toBe(3), {
      timeout: 20_000,
    });
    const [seq_tx, seq_rx] = mpsc.channel(t.u32);
    await conn.tx.send({ up_to: 3, seq_tx });
    const numbers: number[] = [];
    for await (const number of seq_rx) numbers.push(number);
    expect(numbers).toEqual([0, 1, 2]);
    await conn.close();
  });
});

describe("npx cuttle", () => {
  test("relay says where it listens, logs sessions, and ends in an orderly way when it is interrupted", async () => {
    const port = peerOf("0.20.5").info.tcp["count/postbag"];
    const child = await command("relay", "ws://127.0.0.1:0/live", `tcp://127.0.0.1:${port}`);
    expect(child.line).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/live is relayed to tcp:\/\/127\.0\.0\.1:\d+$/);
    const address = child.line.split(" ")[0] as string;
    expect(await count(address)).toEqual([0, 1, 2, 3, 4]);
    const conn = await connect(address, { send: CountReq, receive: CountNote });
    child.interrupt();
    expect(await conn.closed).toEqual({ by: "peer" });
    expect(await child.exited).toBe(0);
    expect(child.log()).toMatch(/^#1 127\.0\.0\.1 port \d+: joined$/m);
    expect(child.log()).toMatch(/^#1 the (client|target) ended the connection$/m);
  });

  test("relay refuses pages of other origins unless told otherwise", async () => {
    const target = `tcp://127.0.0.1:${peerOf("0.20.5").info.tcp["count/postbag"]}`;
    const closed = await command("relay", "ws://127.0.0.1:0", target);
    const open = await command("relay", "ws://127.0.0.1:0", target, "--origin", "https://app.example");
    for (const [{ line }, status] of [
      [closed, 403],
      [open, 101],
    ] as const) {
      expect(await upgradeStatus(new URL(line.split(" ")[0] as string), "https://app.example")).toBe(status);
    }
  });

  test.each([
    [["relay", "ws://127.0.0.1:0"], 2, /needs two addresses/],
    [["relay", "127.0.0.1:80", "tcp://a:1"], 2, /is no address/],
    [["relay", "wss://127.0.0.1:0", "tcp://a:1"], 2, /needs --cert and --key/],
    [["relay", "tcp://127.0.0.1:0", "tcp://a:1", "--origins", "x"], 2, /--origins/],
    [["relay", "tcp://192.0.2.1:1", "tcp://a:1"], 1, /cannot listen on tcp:\/\/192\.0\.2\.1:1/],
    [["dance"], 2, /there is no command "dance"/],
  ] as const)("%j is refused with a reason", async (args, code, reason) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    const [exit] = await once(child, "close");
    expect([exit, stderr]).toEqual([code, expect.stringMatching(reason)]);
  });
});

/** Starts the program; the first line that it prints, and what came of it. */
async function command(...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    log += text;
  });
  const exited = once(child, "exit").then(([code]) => code as number | null);
  running.push(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  const ended = exited.then(() => Promise.reject(new Error(`it ended: ${log}`)));
  ended.catch(() => {});
  const line = await Promise.race([once(createInterface({ input: child.stdout }), "line").then(String), ended]);
  return { line, log: () => log, exited, interrupt: () => child.kill("SIGINT") };
}

async function count(address: string): Promise<number[]> {
  await using conn = await connect(address, { send: CountReq, receive: CountNote });
  const [seq_tx, seq_rx] = mpsc.channel(t.u32);
  await conn.tx.send({ up_to: 5, seq_tx });
  const numbers: number[] = [];
  for await (const number of seq_rx) numbers.push(number);
  return numbers;
}

/** A port that passes bytes to another one, until its sockets are destroyed. */
async function pipeTo(port: number): Promise<{ target: string; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const other = createConnection({ host: "127.0.0.1", port });
    sockets.push(socket, other);
    for (const one of [socket, other]) one.on("error", () => {});
    socket.pipe(other).pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  running.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { target: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The status with which a page of `origin` is answered that wants a WebSocket. */
async function upgradeStatus({ hostname, port }: URL, origin: string): Promise<number> {
  const socket = createConnection({ host: hostname, port: Number(port) });
  socket.write(
    `GET / HTTP/1.1\r\nHost: ${hostname}:${port}\r\nOrigin: ${origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  );
  const [answer] = await once(socket, "data");
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(String(answer))?.[1]);
}
