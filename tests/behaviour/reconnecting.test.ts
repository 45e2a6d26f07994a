import { expect, test } from "vitest";
import { provideObjectOver } from "../../ts/connect/objects.ts";
import {
  CuttleError,
  connectionOf,
  consume,
  type ReconnectState,
  reconnecting,
  type WakeupSource,
} from "../../ts/index.ts";
import { listenWebSockets, type WebSocketListener } from "../../ts/node/serve.ts";
import { VirtualClock } from "./support/clock.ts";
import { codeOf, turns, until } from "./support/wait.ts";

const api = { hello: (name: string) => `hello ${name}` };

/** A real server on a port that stays the same over restarts. */
async function server(port = 0): Promise<WebSocketListener> {
  return await listenWebSockets({ host: "127.0.0.1", port }, (transport) => {
    void provideObjectOver(transport, api, {}).catch(() => undefined);
  });
}

/** Events as a page has them. */
class Page implements WakeupSource {
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly navigator = { onLine: true };
  readonly document = { visibilityState: "visible", ...this.#methods() };
  addEventListener = this.#methods().addEventListener;
  removeEventListener = this.#methods().removeEventListener;

  fire(type: string): void {
    for (const listener of this.#listeners.get(type) ?? []) listener();
  }

  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }

  #methods() {
    return {
      addEventListener: (type: string, listener: () => void) => {
        const set = this.#listeners.get(type) ?? new Set();
        this.#listeners.set(type, set.add(listener));
      },
      removeEventListener: (type: string, listener: () => void) => void this.#listeners.get(type)?.delete(listener),
    };
  }
}

function start(url: string, options: Parameters<typeof reconnecting>[1] = {}) {
  const clock = new VirtualClock();
  const page = new Page();
  const states: string[] = [];
  let setups = 0;
  const live = reconnecting(
    async (signal) => {
      const remote = await consume<typeof api>(url, { signal });
      setups++;
      return remote;
    },
    { clock, events: page, random: () => 1, ...options },
  );
  live.onState((state: ReconnectState<unknown>) => states.push(state.name));
  const reached = (name: string) =>
    until(
      () => live.state.name === name,
      () => `the state is ${name}, not ${live.state.name}`,
    );
  const end = async (): Promise<void> => {
    await live.close();
    expect(live.state.name).toBe("closed");
    expect(page.listeners).toBe(0);
    expect(clock.timers).toBe(0);
  };
  return { live, clock, page, states, reached, end, setups: () => setups };
}

test("a lost connection is made again, with the application's set-up, and calls work again", async () => {
  let listener = await server();
  const { port } = listener.address;
  const { live, clock, reached, end, setups, states } = start(listener.url);
  expect(await (await live.ready()).hello("a")).toBe("hello a");
  await listener.close({ waitMs: 0 });
  await reached("waiting");
  expect(live.current).toBeUndefined();
  listener = await server(port);
  clock.advance(500);
  await reached("connected");
  expect(await (await live.ready()).hello("b")).toBe("hello b");
  expect(setups()).toBe(2);
  expect(states).toEqual(["connecting", "connected", "waiting", "connecting", "connected"]);
  await end();
  await listener.close();
});

test("waits double up to the maximum, and start anew after a connection that lasted", async () => {
  let listener = await server();
  const { port } = listener.address;
  const { live, clock, reached, end } = start(listener.url, {
    backoff: { initialMs: 100, maxMs: 500, stableMs: 1_000 },
  });
  await reached("connected");
  clock.advance(2_000);
  await listener.close({ waitMs: 0 });
  const delays: number[] = [];
  live.onState((state) => {
    if (state.name === "waiting") delays.push(state.delayMs);
  });
  for (let count = 1; count <= 5; count++) {
    await until(
      () => delays.length === count,
      () => `there are ${count} waits`,
    );
    if (count < 5) clock.advance(500);
  }
  expect(delays).toEqual([100, 200, 400, 500, 500]);
  listener = await server(port);
  live.retryNow();
  await reached("connected");
  clock.advance(1_000);
  await listener.close({ waitMs: 0 });
  await reached("waiting");
  expect(live.state).toMatchObject({ delayMs: 100 });
  await end();
});

test("the first wait is initialMs, and attempts are counted from each connection, though it did not last", async () => {
  let listener = await server();
  const { port } = listener.address;
  const { live, clock, reached, end } = start(listener.url, { backoff: { initialMs: 100, stableMs: 1_000 } });
  const seen: string[] = [];
  live.onState((state) => {
    if (state.name === "connecting") seen.push(`attempt ${state.attempt}`);
    if (state.name === "waiting") seen.push(`${state.attempt} made, wait ${state.delayMs}`);
  });
  await reached("connected");
  await listener.close({ waitMs: 0 });
  await reached("waiting");
  clock.advance(100);
  await until(
    () => seen.length === 4,
    () => `the second wait began: ${seen.join(", ")}`,
  );
  listener = await server(port);
  clock.advance(200);
  await reached("connected");
  await listener.close({ waitMs: 0 });
  await reached("waiting");
  expect(seen).toEqual([
    "attempt 1",
    "0 made, wait 100",
    "attempt 1",
    "1 made, wait 200",
    "attempt 2",
    "0 made, wait 400",
  ]);
  await end();
});

test.each(["online", "pageshow", "visibilitychange"])("the event %s makes the next attempt at once", async (event) => {
  const listener = await server();
  const { url } = listener;
  const { port } = listener.address;
  await listener.close();
  const { live, page, reached, end } = start(url);
  await reached("waiting");
  const again = await server(port);
  page.navigator.onLine = true;
  page.fire(event);
  await reached("connected");
  expect(await (await live.ready()).hello("c")).toBe("hello c");
  await end();
  await again.close();
});

test("a hidden page that stays hidden does not try earlier", async () => {
  const listener = await server();
  await listener.close();
  const { live, page, reached, end } = start(listener.url);
  await reached("waiting");
  page.document.visibilityState = "hidden";
  page.fire("visibilitychange");
  await turns(5);
  expect(live.state.name).toBe("waiting");
  await end();
});

test("misuse is not tried again, and ready() says why", async () => {
  const { live, end } = start("not a url at all:");
  expect(await codeOf(live.ready())).toBe("local_misuse");
  expect(live.state).toMatchObject({ name: "closed", error: expect.any(CuttleError) });
  await end();
});

test("closing in any state ends everything, and ready() rejects", async () => {
  const listener = await server();
  const connected = start(listener.url);
  const api = await connected.live.ready();
  await connected.end();
  expect(await codeOf(api.hello("x"))).toBe("local_closed");
  expect(await codeOf(connected.live.ready())).toBe("local_closed");
  const connecting = start(listener.url);
  await connecting.end();
  expect(connecting.setups()).toBeLessThanOrEqual(1);
  await listener.close();
  const waiting = start(listener.url);
  await waiting.reached("waiting");
  await waiting.end();
});

test("an abort signal given to it closes it, one given to ready() only ends that wait", async () => {
  const listener = await server();
  await listener.close();
  const whole = new AbortController();
  const { live, reached, end } = start(listener.url, { signal: whole.signal });
  await reached("waiting");
  const one = new AbortController();
  const ready = live.ready({ signal: one.signal });
  one.abort("enough");
  await expect(ready).rejects.toBe("enough");
  whole.abort("all");
  await reached("closed");
  await expect(live.ready()).rejects.toBe("all");
  await end();
});

test("what open returns must have a connection", async () => {
  const live = reconnecting(async () => "nothing", { events: {}, clock: new VirtualClock() });
  expect(await codeOf(live.ready())).toBe("local_misuse");
  await live.close();
  expect(() => connectionOf("nothing")).toThrow(CuttleError);
});
