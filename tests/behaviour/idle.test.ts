import { createHook } from "node:async_hooks";
import { queryObjects } from "node:v8";
import { expect, test } from "vitest";
import { connect, type Descriptor, memoryPair, mpsc, oneshot, t } from "../../ts/index.ts";
import { quiet } from "./support/wait.ts";

/** Objects are counted and not measured: their size is a matter of the engine. */

/** Garbage is collected to count, which takes a loaded machine a while. */
const TIMEOUT_MS = 120_000;

/** How many objects there are, promises and functions among them, without garbage. */
function live(): number {
  return queryObjects(Object, { format: "count" });
}

function idleHalves<T>(kind: string, type: Descriptor<T>, make: () => [unknown, T]): void {
  test(`a half of an idle ${kind} channel is seven objects`, { timeout: TIMEOUT_MS }, async () => {
    const Halves = t.vec(type);
    const pair = memoryPair();
    const [client, server] = await Promise.all([
      connect(pair.a, { send: Halves }),
      connect(pair.b, { receive: Halves }),
    ]);
    const kept: unknown[] = [];
    const open = async (count: number): Promise<void> => {
      const channels = Array.from({ length: count }, make);
      await client.tx.send(channels.map(([, rx]) => rx));
      kept.push(...channels.map(([tx]) => tx), ...((await server.rx.recv()) ?? []));
      await quiet(client as never, server as never);
    };
    await open(100);
    const before = live();
    await open(500);
    const each = (live() - before) / 1_000;
    expect(kept.length).toBe(1_200);
    // The half, what both halves share, queue, pump, sender or receiver of items, port, inbox; a promise makes eight.
    expect(each).toBeLessThan(7.5);
    await Promise.all([client.close(), server.close()]);
    expect([client.stats().ports, server.stats().ports]).toEqual([0, 0]);
  });
}

idleHalves("mpsc", t.mpsc.receiver(t.u32), () => mpsc.channel(t.u32));
idleHalves("oneshot", t.oneshot.receiver(t.u32), () => oneshot.channel(t.u32));

test("sending and receiving a small value makes ten promises at most, those of the program included", async () => {
  const type = t.mpsc.receiver(t.u32);
  const pair = memoryPair();
  const [client, server] = await Promise.all([connect(pair.a, { send: type }), connect(pair.b, { receive: type })]);
  const [tx, rx] = mpsc.channel(t.u32);
  await client.tx.send(rx);
  const received = (await server.rx.recv()) as mpsc.Receiver<number>;
  let promises = 0;
  const hook = createHook({
    init(_, kind) {
      if (kind === "PROMISE") promises += 1;
    },
  });
  hook.enable();
  for (let round = 0; round < 10; round += 1) {
    const sends = Array.from({ length: 100 }, (_, at) => tx.send(at));
    for (const _ of sends) await received.recv();
    await Promise.all(sends);
  }
  hook.disable();
  expect(promises / 1_000).toBeLessThan(10);
  await Promise.all([client.close(), server.close()]);
});
