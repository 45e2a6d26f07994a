/** The relay between two ends of cuttle, over sockets. */

import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { connectMux, type Multiplexer, type RawPort } from "../../ts/mux.ts";
import { streamTransport } from "../../ts/node/index.ts";
import { parseAddress } from "../../ts/relay/address.ts";
import { HelloFirst } from "../../ts/relay/hello-first.ts";
import { startRelay } from "../../ts/relay/relay.ts";
import { memoryPair } from "../../ts/transport/memory.ts";
import { recorder } from "../../ts/transport/recorder.ts";
import { VirtualClock } from "./support/clock.ts";
import { errorOf, turns, until } from "./support/wait.ts";

/** What is stopped after each test, the newest first. */
const running: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

/** Both ends of a session through a relay. */
async function joined(bufferedBytes: number): Promise<{ near: Multiplexer; far: Multiplexer; log: string[] }> {
  const log: string[] = [];
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const relay = await startRelay({
    listen: parseAddress("tcp://127.0.0.1:0"),
    target: parseAddress(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`),
    maxConnections: 1,
    bufferedBytes,
    log: (line) => log.push(line),
  });
  running.push(
    () => new Promise((resolve) => server.close(resolve)),
    () => relay.close(),
  );
  const arrived = once(server, "connection").then(([socket]) =>
    connectMux(streamTransport(socket as Socket), { limits: { portWindowBytes: 1024 } }),
  );
  const { hostname, port } = new URL(relay.address);
  const near = await connectMux(streamTransport(createConnection({ host: hostname, port: Number(port) })));
  return { near, far: await arrived, log };
}

async function portBetween(near: Multiplexer, far: Multiplexer): Promise<[RawPort, RawPort]> {
  const [opened, other] = await Promise.all([near.open(), far.accept().then((request) => request?.accept())]);
  return [opened, other as RawPort];
}

test("hundreds of ports that nobody reads wait, while others go on, and what they carry arrives later", {
  timeout: 60_000,
}, async () => {
  const { near, far, log } = await joined(1 << 18);
  const pairs: [RawPort, RawPort][] = [];
  for (let count = 0; count < 300; count += 1) pairs.push(await portBetween(near, far));
  const [ping, pong] = await portBetween(near, far);
  const message = new Uint8Array(10_000);
  const sends = pairs.map(([port]) => port.send(message));
  let others = 0;
  const areStuck = (): boolean => pairs.every(([port]) => port.stats().waitsFor === "credit");
  do {
    await ping.send(Uint8Array.of(others));
    expect(await pong.receive()).toMatchObject({ bytes: { length: 1 } });
    others += 1;
  } while (!areStuck());
  expect(log).toHaveLength(1);
  for (const [, port] of pairs) expect(await port.receive()).toMatchObject({ bytes: { length: message.length } });
  await Promise.all(sends);
  await near.close();
  await until(
    () => log.length === 2,
    () => "the session ended",
  );
  expect(log[1]).toBe("#1 the client ended the connection");
});

describe("the client is heard before it is answered", () => {
  const RESET = Uint8Array.of(1);
  const HELLO = Uint8Array.from([2, ...new TextEncoder().encode("CHMUX\0"), 3, ...new Uint8Array(18).fill(1)]);

  async function heard() {
    const { a, b } = memoryPair();
    const clock = new VirtualClock();
    const client = new HelloFirst(b);
    const hearing = client.hear(10_000, clock);
    await a.start(recorder());
    return { a, client, hearing, clock };
  }

  test("its Hello is known, and what it sent is there for whoever starts", async () => {
    const { a, client, hearing, clock } = await heard();
    for (const frame of [RESET, HELLO]) a.send(frame);
    expect(await hearing).toEqual(HELLO);
    const sink = recorder();
    await client.start(sink);
    a.send(Uint8Array.of(3));
    await sink.untilFrames(3);
    expect(sink.frames).toEqual([RESET, HELLO, Uint8Array.of(3)]);
    a.close();
    await sink.untilEnd();
    expect(clock.timers).toBe(0);
  });

  test("H08 one that stays silent is given up after the handshake timeout", async () => {
    const { a, client, hearing, clock } = await heard();
    a.send(RESET);
    await turns(3);
    clock.advance(9_999);
    expect(clock.timers).toBe(1);
    clock.advance(1);
    expect(await errorOf(hearing)).toMatchObject({ code: "peer_handshake_timeout" });
    client.close();
  });

  test("H01 one that says something else, or ends, is no remoc", async () => {
    const chatty = await heard();
    for (let count = 0; count < 9; count += 1) chatty.a.send(Uint8Array.of(0x47, count));
    expect(await errorOf(chatty.hearing)).toMatchObject({ code: "local_limit" });
    const brief = await heard();
    brief.a.close();
    expect(await errorOf(brief.hearing)).toMatchObject({ code: "peer_not_remoc" });
    expect([chatty.clock.timers, brief.clock.timers]).toEqual([0, 0]);
  });
});
