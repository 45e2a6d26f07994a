import { expect, test } from "vitest";
import { connectTransport } from "../../ts/connect/connect.ts";
import { type Connection, CuttleError, type Infer, json, mpsc, oneshot, t } from "../../ts/index.ts";
import { memoryPair } from "../../ts/transport/memory.ts";
import { VirtualClock } from "./support/clock.ts";
import { outcome, turns } from "./support/wait.ts";

const request = t.struct({
  numbers: t.mpsc.receiver(t.u32),
  replies: t.mpsc.sender(t.str),
  done: t.oneshot.sender(t.str),
});

/** A session that uses everything, over a carrier that is cut after some frames. */
async function session(cutAfter: number): Promise<{ frames: number; results: unknown[] }> {
  let frames = 0;
  const clock = new VirtualClock();
  const pair = memoryPair({
    tap() {
      frames += 1;
      if (frames === cutAfter) pair.cut();
    },
  });
  const limits = { portWindowBytes: 64, chunkBytes: 16 };
  const common = { codec: json, clock, limits };
  const near = connectTransport(pair.a, { ...common, send: request, seed: 1 });
  const far = connectTransport(pair.b, { ...common, receive: request, seed: 2 });
  const results = await Promise.all([near.then(ask), far.then(serve)].map(outcome));
  const ends = await Promise.all([
    outcome(near as Promise<Connection<never, never>>),
    outcome(far as Promise<Connection<never, never>>),
  ]);
  for (const end of ends) {
    if ("error" in end) continue;
    await outcome(end.value.closed);
    expect(end.value.stats()).toMatchObject({ ports: 0, bufferedBytes: 0 });
  }
  await turns(1);
  expect(clock.timers, `timers after a cut at frame ${cutAfter}`).toBe(0);
  return { frames, results: [...results, ...ends] };
}

type Request = Infer<typeof request>;

async function ask(conn: Connection<Request>): Promise<string> {
  const [numbers, numbersReceiver] = mpsc.channel(t.u32);
  const [replies, repliesReceiver] = mpsc.channel(t.str);
  const [done, doneReceiver] = oneshot.channel(t.str);
  const sending = (async () => {
    try {
      await conn.tx.send({ numbers: numbersReceiver, replies, done });
    } catch (error) {
      // Halves in a value that was not sent are ours again, and so is closing them.
      for (const half of [numbersReceiver, replies, done]) half.close();
      throw error;
    }
    for (let number = 0; number < 12; number += 1) await numbers.send(number);
    numbers.close();
  })();
  const reading = (async () => {
    const got: string[] = [];
    for await (const reply of repliesReceiver) got.push(reply);
    return got.join();
  })();
  const all = await Promise.all([outcome(sending), outcome(reading), outcome(doneReceiver.recv())]);
  await conn.close();
  for (const one of all) if ("error" in one) throw one.error;
  return JSON.stringify(all.map((one) => (one as { value: unknown }).value));
}

async function serve(conn: Connection<null, Request>): Promise<string> {
  try {
    const got = await conn.rx.recv();
    if (got === undefined) return "no request";
    let count = 0;
    for await (const number of got.numbers) {
      await got.replies.send(`reply ${number}`);
      count += 1;
    }
    got.replies.close();
    await got.done.send(`${count} numbers`);
    return "served";
  } finally {
    await outcome(conn.closed);
  }
}

test("S01 whichever frame the carrier is cut at, everything settles and nothing is left", async () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => {
    unhandled.push(reason);
  };
  process.on("unhandledRejection", onUnhandled);
  try {
    const whole = await session(-1);
    expect(whole.frames).toBeGreaterThan(100);
    expect(whole.results.slice(0, 2)).toEqual([{ value: expect.stringContaining("12 numbers") }, { value: "served" }]);
    for (let cutAfter = 1; cutAfter <= whole.frames; cutAfter += 1) {
      const { results } = await session(cutAfter);
      const errors = results.flatMap((result) =>
        "error" in (result as object) ? [(result as { error: unknown }).error] : [],
      );
      for (const error of errors) {
        const isGood = CuttleError.is(error) && error.code !== "bug";
        expect(isGood, `after a cut at frame ${cutAfter}: ${String(error)}`).toBe(true);
      }
    }
  } finally {
    process.off("unhandledRejection", onUnhandled);
  }
  expect(unhandled.map(String)).toEqual([]);
});

test("an abort at any moment before the connection is there rejects with the reason and leaves nothing", async () => {
  for (let delay = 0; delay < 60; delay += 1) {
    const clock = new VirtualClock();
    const { a, b } = memoryPair();
    const abort = new AbortController();
    let settled = false;
    const connecting = connectTransport(a, { clock, seed: 1, signal: abort.signal });
    const settle = (): void => {
      settled = true;
    };
    connecting.then(settle, settle);
    const near = outcome(connecting);
    const far = outcome(connectTransport(b, { clock, seed: 2 }));
    for (let at = 0; at < delay; at += 1) await (at % 12 === 11 ? turns(1) : Promise.resolve());
    const reason = new Error("enough");
    abort.abort(reason);
    // It may have been there, and not told yet.
    for (let at = 0; at < 3; at += 1) await Promise.resolve();
    const early = !settled;
    const [one, other] = await Promise.all([near, far]);
    if ("value" in one) expect(one.value.state).toBe("open");
    if (early) expect(one, `aborted ${delay} microtasks later`).toEqual({ error: reason });
    if ("value" in one) await one.value.close();
    if ("value" in other) await other.value.close();
    await turns(1);
    expect(clock.timers, `timers after an abort ${delay} microtasks later`).toBe(0);
  }
});
