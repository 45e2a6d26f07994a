import { expect, test } from "vitest";
import { connectTransport } from "../../ts/connect/connect.ts";
import { CuttleError, json, type LinkOptions, mpsc, t } from "../../ts/index.ts";
import { memoryPair } from "../../ts/transport/memory.ts";
import { numbersTo } from "./suite/values.ts";
import { VirtualClock } from "./support/clock.ts";
import { pass } from "./support/pair.ts";
import { errorOf, outcome, turns } from "./support/wait.ts";

/** Two ends over a carrier so narrow that Goodbye cannot leave at once. */
async function narrow(capacityBytes: number, options: LinkOptions = {}) {
  const clock = new VirtualClock();
  const held: (() => void)[] = [];
  let open = true;
  const schedule = (deliver: () => void): void => {
    if (open) queueMicrotask(deliver);
    else held.push(deliver);
  };
  const { a, b } = memoryPair({ capacityBytes, schedule });
  const type = t.mpsc.receiver(t.str);
  const [one, other] = await Promise.all([
    connectTransport<mpsc.Receiver<string>, null>(a, { ...options, send: type, codec: json, clock, seed: 1 }),
    connectTransport<null, mpsc.Receiver<string>>(b, { ...options, receive: type, codec: json, clock, seed: 2 }),
  ]);
  return {
    one,
    other,
    clock,
    hold() {
      open = false;
    },
    release() {
      open = true;
      for (const deliver of held.splice(0)) queueMicrotask(deliver);
    },
  };
}

test("a stream that close() cuts short never looks like a complete one to its receiver", async () => {
  const { one, other, clock, hold, release } = await narrow(200);
  const [sender, half] = mpsc.channel(t.str);
  const receiver = await pass(one, other, half);
  await turns(3);
  hold();
  const sends = numbersTo(100).map((number) => outcome(sender.send(long(number))));
  let sent = 0;
  for (const send of sends) void send.then((result) => (sent += "value" in result ? 1 : 0));
  await turns(3);
  const closing = one.close();
  await turns(3);
  release();
  await closing;
  await Promise.all(sends);
  const got: string[] = [];
  const error = await errorOf(
    (async () => {
      for await (const text of receiver) got.push(text);
    })(),
  );
  expect(got).toEqual(numbersTo(sent).map(long));
  expect(sent).toBeLessThan(100);
  expect(CuttleError.is(error, "remote_connection_closed")).toBe(true);
  await other.closed;
  expect(clock.timers).toBe(0);
});

test("a stream that had ended before close() arrives complete, also when the carrier is slow", async () => {
  const { one, other, hold, release } = await narrow(200);
  const [sender, half] = mpsc.channel(t.str);
  const receiver = await pass(one, other, half);
  await turns(3);
  hold();
  const sends = numbersTo(20).map((number) => sender.send(`item ${number}`));
  sender.close();
  await Promise.all(sends);
  await turns(3);
  const closing = one.close();
  await turns(3);
  release();
  await closing;
  const got: string[] = [];
  for await (const text of receiver) got.push(text);
  expect(got.length).toBe(20);
  await other.closed;
});

test("a frozen carrier cannot keep close() from ending, nor anything pending from being told", async () => {
  const { one, other, clock, hold, release } = await narrow(200);
  const [sender, half] = mpsc.channel(t.str);
  await pass(one, other, half);
  await turns(3);
  hold();
  const sends = numbersTo(100).map((number) => outcome(sender.send(long(number))));
  await turns(3);
  const waiting = outcome(one.tx.closed());
  const closing = one.close();
  const results = await Promise.all(sends);
  expect(results.some((result) => "error" in result)).toBe(true);
  expect(await waiting).toMatchObject({ error: { code: "local_closed" } });
  clock.advance(2_500);
  await closing;
  expect(one.state).toBe("closed");
  release();
  await outcome(other.closed);
  expect(clock.timers).toBe(0);
});

test("terminate() lets nothing out but Goodbye, and tells both sides at once", async () => {
  const { one, other, clock, hold, release } = await narrow(200);
  const [sender, half] = mpsc.channel(t.str);
  const receiver = await pass(one, other, half);
  await turns(3);
  hold();
  const sends = numbersTo(100).map((number) => outcome(sender.send(long(number))));
  await turns(3);
  const framesBefore = one.stats().framesSent;
  const terminating = one.terminate();
  const accepted = (await Promise.all(sends)).filter((result) => "value" in result).length;
  expect(await outcome(one.rx.recv())).toMatchObject({ error: { code: "local_closed" } });
  release();
  await terminating;
  expect(one.stats().framesSent - framesBefore).toBe(1);
  let got = 0;
  const rest = (async () => {
    for await (const _ of receiver) got += 1;
  })();
  expect(await errorOf(rest)).toMatchObject({ code: "remote_connection_closed" });
  expect(got).toBeLessThan(accepted);
  expect(await other.closed).toEqual({ by: "peer" });
  expect(clock.timers).toBe(0);
});

test("terminate() ends a close() that a frozen carrier holds up, in half a second", async () => {
  const { one, other, clock, hold, release } = await narrow(200);
  const [sender, half] = mpsc.channel(t.str);
  await pass(one, other, half);
  await turns(3);
  hold();
  const sends = numbersTo(100).map((number) => outcome(sender.send(long(number))));
  await turns(3);
  const closing = one.close();
  await turns(3);
  const terminating = one.terminate();
  clock.advance(500);
  await Promise.all([closing, terminating, ...sends]);
  expect(one.state).toBe("closed");
  release();
  await outcome(other.closed);
  expect(clock.timers).toBe(0);
});

/** Whether a value with a half is sent, and whether it arrives, when so many credits are left behind its bytes. */
async function fateOf(slack: number): Promise<{ sent: boolean; arrived: boolean }> {
  const value = '{"_0":7,"_1":false,"_2":16777216,"_3":[]}';
  const { one, other } = await narrow(64 * 1024, { limits: { portWindowBytes: value.length + slack } });
  const sending = outcome(one.tx.send(mpsc.channel(t.str)[1]));
  await turns(3);
  const [got] = await Promise.all([outcome(other.closed.then(() => other.rx.recv())), one.close()]);
  return { sent: "value" in (await sending), arrived: "value" in got && got.value !== undefined };
}

test("a value with halves arrives before close() when there are credits for it and for its list, which costs 4", async () => {
  for (const slack of [4, 5, 6]) expect([slack, await fateOf(slack)]).toEqual([slack, { sent: true, arrived: true }]);
  for (const slack of [-1, -2]) expect([slack, await fateOf(slack)]).toEqual([slack, { sent: false, arrived: false }]);
});

// A defect: a value that had to wait is told to be sent when its bytes have left, without the list behind it.
test("a value whose bytes have left, but not its list, is not told to be sent", async () => {
  for (const slack of [0, 1, 2, 3])
    expect([slack, await fateOf(slack)]).toEqual([slack, { sent: false, arrived: false }]);
});

/** More than the connection takes before the carrier took it, when there are a hundred. */
function long(number: number): string {
  return `item ${number} ${"x".repeat(1000)}`;
}
