/** What networks, machines and browsers do to a connection that nobody means harm. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, test, vi } from "vitest";
import { connect, connectionOf, consume, mpsc, postbag, provide, reconnecting, t } from "../../ts/index.ts";
import { serve } from "../../ts/node/index.ts";
import { pair } from "../../ts/testing.ts";
import type { Clock } from "../../ts/util/clock.ts";
import { VirtualClock } from "./support/clock.ts";
import { dataChannels } from "./support/data-channels.ts";
import type { KilledApi } from "./support/killed-server.ts";
import { withPair } from "./support/pair.ts";
import { startProxy } from "./support/proxy.ts";
import { codeOf, turns, until } from "./support/wait.ts";

const api = {
  echo: (bytes: Uint8Array): Uint8Array => bytes,
  hello: (name: string): string => `hello ${name}`,
  never: (): Promise<void> => new Promise(() => {}),
};
type Api = typeof api;

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

interface KilledServer {
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
  kill(): Promise<void>;
}

async function startServer(port = 0): Promise<KilledServer> {
  const script = join(import.meta.dirname, "support", "killed-server.ts");
  const child = spawn(process.execPath, [script, String(port)], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [url] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return {
    url,
    port: Number(new URL(url).port),
    process: child,
    async kill() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

describe("the other side is gone", () => {
  test("a server killed with SIGKILL: what is pending rejects, and the client is back once there is another one", async () => {
    const first = await startServer();
    const clock = new VirtualClock();
    const live = reconnecting(() => consume<KilledApi>(first.url), { clock, random: () => 1 });
    const remote = await live.ready();
    const pid = await remote.pid();
    const pending = codeOf(remote.never() as unknown as Promise<void>);
    await first.kill();
    expect(await pending).toBe("transport_lost");
    await until(
      () => live.state.name === "waiting",
      () => "it waits for another attempt",
    );
    await startServer(first.port);
    live.retryNow();
    const again = await (await live.ready()).pid();
    expect(again).not.toBe(pid);
    await live.close();
  }, 30_000);

  test("S02: a server that stands still for longer than the timeout is given up, and what it says afterwards goes nowhere", async () => {
    const { url, process: server } = await startServer();
    const clock = new VirtualClock();
    const live = reconnecting(() => consume<KilledApi>(url, { clock }), { clock, random: () => 1 });
    const remote = await live.ready();
    server.kill("SIGSTOP");
    const late = codeOf(remote.pid() as unknown as Promise<void>);
    for (let seconds = 0; seconds < 180 && live.state.name === "connected"; seconds += 1) {
      clock.advance(1_000);
      await turns(2);
    }
    expect(await late).toBe("peer_timeout");
    server.kill("SIGCONT");
    live.retryNow();
    expect(await (await live.ready()).pid()).toBe(server.pid);
    expect(await late).toBe("peer_timeout");
    await live.close();
  }, 30_000);

  test("a half-open connection, of which nothing comes and nothing ends, is given up by both after their timeout", async () => {
    const clock = new VirtualClock();
    const ends: string[] = [];
    const server = await serve({ host: "127.0.0.1" }, async (client) => {
      const connection = await client.provide(api, { clock });
      ends.push(await codeOf(connection.closed));
    });
    const proxy = await startProxy(server.address.port);
    const remote = await consume<Api>(`ws://127.0.0.1:${proxy.port}`, { clock });
    expect(await remote.hello("you")).toBe("hello you");
    const call = codeOf(remote.never() as unknown as Promise<void>);
    proxy.freeze();
    for (let seconds = 0; seconds < 130; seconds++) clock.advance(1_000);
    expect(await call).toBe("peer_timeout");
    await until(
      () => ends.length === 1,
      () => "the server gave it up, too",
    );
    expect(ends).toEqual(["peer_timeout"]);
    expect(clock.timers).toBe(0);
    await proxy.close();
    await server.close();
  });
});

describe("B08: the network is back", () => {
  /** A page that says so when it is told to, and a connection to another process on a clock that stands still. */
  async function started() {
    const listeners = new Set<() => void>();
    vi.stubGlobal("addEventListener", (_: "online", listener: () => void) => listeners.add(listener));
    vi.stubGlobal("removeEventListener", (_: "online", listener: () => void) => listeners.delete(listener));
    const proxy = await startProxy((await startServer()).port);
    const clock = new VirtualClock();
    const remote = await consume<KilledApi>(`ws://127.0.0.1:${proxy.port}`, { clock });
    const online = (): void => {
      for (const listener of listeners) listener();
    };
    /** Whether something is left of the connection. */
    const left = (): number => listeners.size + clock.timers;
    return { clock, proxy, remote, online, left };
  }

  test("a connection that did not survive it is lost after 3 s", async () => {
    const { clock, proxy, remote, online, left } = await started();
    const lost = codeOf(connectionOf(remote).closed);
    proxy.freeze();
    // What was under way still comes.
    await turns(20);
    online();
    clock.advance(2_999);
    expect(await Promise.race([lost, turns(2)])).toBe(undefined);
    clock.advance(1);
    expect(await lost).toBe("peer_timeout");
    expect(left()).toBe(0);
    await proxy.close();
  });

  test("one that did is answered, and goes on", async () => {
    const { clock, proxy, remote, online, left } = await started();
    const connection = connectionOf(remote);
    await remote.pid();
    const { framesReceived } = connection.stats();
    online();
    await until(
      () => connection.stats().framesReceived > framesReceived,
      () => "the server has answered, though nobody called it",
    );
    clock.advance(3_000);
    expect(await remote.pid()).toBeGreaterThan(0);
    await connection.close();
    expect(left()).toBe(0);
    await proxy.close();
  });
});

test("T06: a port that was given to somebody else before is given up after the handshake timeout", async () => {
  const clock = new VirtualClock();
  const [given, onward] = [new MessageChannel(), new MessageChannel()];
  onward.port1.postMessage(given.port1, [given.port1]);
  const connecting = codeOf(connect(given.port1, { clock, handshakeTimeoutMs: 10_000 }));
  await until(
    () => clock.timers > 0,
    () => "the handshake began",
  );
  clock.advance(10_000);
  expect(await connecting).toBe("peer_handshake_timeout");
  expect(clock.timers).toBe(0);
  for (const port of [given.port2, onward.port1, onward.port2]) port.close();
});

test.each([1_000, 100_000])("a proxy that passes bytes on in lumps of %d changes nothing", async (holdBytes) => {
  const server = await serve({ host: "127.0.0.1" }, (client) => client.provide(api));
  const proxy = await startProxy(server.address.port, { holdBytes });
  const remote = await consume<Api>(`ws://127.0.0.1:${proxy.port}`);
  const bytes = Uint8Array.from({ length: 1_000_000 }, (_, at) => at * 31);
  const [back, small] = await Promise.all([remote.echo(bytes), remote.hello("proxy")]);
  expect(back).toEqual(bytes);
  expect(small).toBe("hello proxy");
  await connectionOf(remote).close();
  await proxy.close();
  await server.close();
});

describe("signs of life", () => {
  test("T09: an idle connection is never silent for longer than 25 s, in either direction", async () => {
    await withPair("memory", postbag, {}, async ({ a, b, clock, quiet }) => {
      const silent = { a: 0, b: 0 };
      let before = { a: a.stats().framesSent, b: b.stats().framesSent };
      let longest = 0;
      for (let seconds = 0; seconds < 600; seconds++) {
        clock.advance(1_000);
        await quiet();
        const now = { a: a.stats().framesSent, b: b.stats().framesSent };
        for (const end of ["a", "b"] as const) {
          silent[end] = now[end] === before[end] ? silent[end] + 1 : 0;
          longest = Math.max(longest, silent[end]);
        }
        before = now;
      }
      expect(longest).toBeGreaterThan(5);
      expect(longest).toBeLessThanOrEqual(25);
    });
  });

  /** A page whose timers run once a minute, as browsers do it with hidden ones. */
  function hidden(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      timer(delayMs, callback) {
        const due = clock.now() + delayMs;
        return clock.timer(Math.ceil(due / 60_000) * 60_000 - clock.now(), callback);
      },
    };
  }

  test("B01: a page that is hidden for an hour stays connected, and hears what it is told", async () => {
    const net = pair({ latencyMs: 20 });
    const page = { clock: hidden(net.clock) };
    const heard: number[] = [];
    const [connection, remote] = await net.run(
      Promise.all([
        provide({ hear: (n: number) => void heard.push(n) }, { to: net.a, ...page }),
        consume<{ hear(n: number): void }>(net.b, net.options),
      ]),
    );
    for (let minute = 1; minute <= 60; minute++) {
      await net.advance(60_000);
      await net.run(remote.hear(minute) as unknown as Promise<void>);
    }
    expect(heard.length).toBe(60);
    expect(connection.stats().framesReceived).toBeGreaterThan(60);
    await net.run(connection.close());
  });

  test("B01: nobody says anything for an hour, and the hidden page is still connected", async () => {
    const net = pair({ latencyMs: 20 });
    const [connection, remote] = await net.run(
      Promise.all([provide(api, { to: net.a, clock: hidden(net.clock) }), consume<Api>(net.b, net.options)]),
    );
    await net.advance(3_600_000);
    expect(await net.run(remote.hello("again") as unknown as Promise<string>)).toBe("hello again");
    await net.run(connection.close());
  });

  test("B07, B12: a machine that slept for an hour, or stood at a breakpoint, goes on as if nothing was", async () => {
    const net = pair({ latencyMs: 20 });
    let sleptMs = 0;
    // Timers fire when they can: those that were due in the night when it is over.
    const clock: Clock = {
      now: () => net.clock.now() + sleptMs,
      timer: (delayMs, callback) => net.clock.timer(delayMs, callback),
    };
    const [connection, remote] = await net.run(
      Promise.all([provide(api, { to: net.a, clock }), consume<Api>(net.b, { clock })]),
    );
    for (const isIdle of [true, false, true, false]) {
      await net.advance(10_000);
      // A call that was under way when it fell asleep, or nothing at all.
      const call = isIdle ? undefined : (remote.hello("morning") as unknown as Promise<string>);
      sleptMs += 3_600_000;
      if (call !== undefined) expect(await net.run(call)).toBe("hello morning");
      await net.advance(100_000);
    }
    expect(await net.run(remote.hello("again") as unknown as Promise<string>)).toBe("hello again");
    await net.run(connection.close());
  });

  test("B07: the wall clock jumps by a day in either direction, and nothing times out", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { port1, port2 } = new MessageChannel();
    const [connection, remote] = await Promise.all([provide(api, { to: port1 }), consume<Api>(port2)]);
    for (const days of [1, -2, 365]) {
      vi.setSystemTime(Date.now() + days * 86_400_000);
      expect(await remote.hello("today")).toBe("hello today");
    }
    await connection.close();
  });

  test("T11: an upload over 64 kbit/s with 2 s of round trip is no timeout, and small calls pass it", async () => {
    const net = pair({ latencyMs: 1_000, rate: "64kbit" });
    const [connection, remote] = await net.run(
      Promise.all([provide(api, { to: net.a, ...net.options }), consume<Api>(net.b, net.options)]),
    );
    const upload = remote.echo(new Uint8Array(1_000_000)) as unknown as Promise<Uint8Array>;
    const tookMs: number[] = [];
    for (let call = 0; call < 5; call++) {
      const before = net.clock.now();
      await net.run(remote.hello("you") as unknown as Promise<string>);
      tookMs.push(net.clock.now() - before);
      await net.advance(5_000);
    }
    expect((await net.run(upload)).length).toBe(1_000_000);
    // A round trip takes 2 s; what waits in front of it is bounded.
    expect(Math.max(...tookMs)).toBeLessThan(20_000);
    await net.run(connection.close());
  });
});

test("T03, T04: a data channel is given messages far below its limit, and never much at once", async () => {
  const [a, b] = await dataChannels();
  let [largestMessage, mostBuffered] = [0, 0];
  const send = a.send.bind(a);
  a.send = (data) => {
    send(data);
    largestMessage = Math.max(largestMessage, data.length);
    mostBuffered = Math.max(mostBuffered, a.bufferedAmount);
  };
  const Bytes = t.mpsc.sender(t.bytes);
  const [tx, rx] = mpsc.channel(t.bytes);
  const [connection, sender] = await Promise.all([provide(Bytes, tx, { to: b }), consume(Bytes, a)]);
  const sending = (async () => {
    for (let item = 0; item < 8; item++) await sender.send(new Uint8Array(1_000_000));
    sender.close();
  })();
  let received = 0;
  for await (const item of rx) received += item.length;
  await sending;
  expect(received).toBe(8_000_000);
  expect(largestMessage).toBeGreaterThan(10_000);
  expect(largestMessage).toBeLessThan(128 * 1024);
  expect(mostBuffered).toBeLessThan(256 * 1024);
  await connection.closed;
}, 30_000);
