import { expect, test } from "vitest";
import { type Codec, CuttleError, type Infer, mpsc, oneshot, t } from "../../../ts/index.ts";
import type { Kind } from "../support/carriers.ts";
import { type Pair, pass, TINY, withPair } from "../support/pair.ts";
import { codeOf, errorOf, outcome, turns } from "../support/wait.ts";
import { all, numbersTo } from "./values.ts";

/** Everything that can be pending, at the end of `a`. */
interface Pending {
  readonly promises: readonly Promise<unknown>[];
  /** How often each settled. */
  readonly counts: readonly number[];
  /** The halves at the other end, which are not forgotten meanwhile. */
  readonly there: Everything;
}

const everything = t.struct({
  sender: t.mpsc.sender(t.str),
  receiver: t.mpsc.receiver(t.str),
  one: t.oneshot.sender(t.u8),
});

type Everything = Infer<typeof everything>;

async function makePending(pair: Pair<Everything, null>): Promise<Pending> {
  const { a, b } = pair;
  const [sender, incoming] = mpsc.channel(t.str);
  const [outgoing, receiver] = mpsc.channel(t.str, { capacity: 0 });
  const [one, answer] = oneshot.channel(t.u8);
  const there = await pass(a, b, { sender, receiver, one });
  await pair.quiet();
  const blocked = numbersTo(60).map(() => outgoing.send("0123456789"));
  await pair.quiet();
  const unsent = [makeHalves(), makeHalves()].map((halves) => a.tx.send(halves.value));
  const promises = [incoming.recv(), answer.recv(), ...blocked, ...unsent, a.tx.closed()];
  const counts = promises.map(() => 0);
  for (const [at, promise] of promises.entries()) {
    const settled = (): void => {
      counts[at] = (counts[at] ?? 0) + 1;
    };
    promise.then(settled, settled);
  }
  return { promises, counts, there };
}

function makeHalves(): { value: Everything; answer: oneshot.Receiver<number> } {
  const [one, answer] = oneshot.channel(t.u8);
  return { value: { sender: mpsc.channel(t.str)[0], receiver: mpsc.channel(t.str)[1], one }, answer };
}

async function errorsOf(pending: Pending): Promise<unknown[]> {
  const outcomes = await Promise.all(pending.promises.map(outcome));
  await turns(2);
  expect(pending.counts).toEqual(pending.counts.map(() => 1));
  return outcomes.flatMap((one) => ("error" in one ? [one.error] : []));
}

function codes(errors: readonly unknown[]): string[] {
  return [...new Set(errors.map((error) => (CuttleError.is(error) ? error.code : String(error))))];
}

/** Ends of the whole connection. */
export function describeClosing(kind: Kind, codec: Codec): void {
  test("close() lets every value arrive whose send had resolved, and the other side hears that there were more", async () => {
    await withPair(kind, codec, { toB: t.u32, both: TINY, leavesOpen: true }, async ({ a, b }) => {
      const sends = numbersTo(100).map((number) => outcome(a.tx.send(number)));
      let sent = 0;
      for (const one of sends) void one.then((result) => (sent += "value" in result ? 1 : 0));
      await turns(1);
      const closing = a.close();
      const outcomes = await Promise.all(sends);
      await closing;
      expect(sent).toBeGreaterThan(0);
      expect(sent).toBeLessThan(100);
      for (const number of numbersTo(sent)) expect(await b.rx.recv()).toBe(number);
      expect(await codeOf(b.rx.recv())).toBe("remote_connection_closed");
      const rejected = outcomes.flatMap((one) => ("error" in one ? [one.error] : []));
      expect(codes(rejected)).toEqual(["local_closed"]);
      expect(new Set(rejected).size).toBe(1);
    });
  });

  test("close() with nothing waiting lets every value arrive, and then the other side sees the end", async () => {
    await withPair(kind, codec, { toB: t.u32, leavesOpen: true }, async ({ a, b }) => {
      await Promise.all(numbersTo(100).map((number) => a.tx.send(number)));
      await a.close();
      expect(await all(b.rx)).toEqual(numbersTo(100));
    });
  });

  test("close() lets every item of a moved channel arrive whose send had resolved", async () => {
    await withPair(kind, codec, { toB: t.mpsc.receiver(t.u32), both: TINY, leavesOpen: true }, async (pair) => {
      const [sender, half] = mpsc.channel(t.u32);
      const receiver = await pass(pair.a, pair.b, half);
      await pair.quiet();
      const sends = numbersTo(100).map((number) => outcome(sender.send(number)));
      let sent = 0;
      for (const one of sends) void one.then((result) => (sent += "value" in result ? 1 : 0));
      await turns(1);
      await pair.a.close();
      await Promise.all(sends);
      const got: number[] = [];
      const error = await errorOf(
        (async () => {
          for await (const value of receiver) got.push(value);
        })(),
      );
      expect(got).toEqual(numbersTo(sent));
      expect(CuttleError.is(error, "remote_connection_closed")).toBe(true);
    });
  });

  test("a value with halves that is read after the connection was closed arrives, with halves that say why they fail", async () => {
    await withPair(kind, codec, { toB: everything, leavesOpen: true }, async ({ a, b }) => {
      await a.tx.send(makeHalves().value);
      await a.close();
      await b.closed;
      const got = await b.rx.recv();
      expect(await got?.sender.closed()).toBe("failed");
      expect(await codeOf(got?.sender.send("x") as Promise<void>)).toBe("remote_connection_closed");
      expect(await codeOf(got?.receiver.recv() as Promise<unknown>)).toBe("remote_connection_closed");
      expect(await codeOf(got?.one.send(1) as Promise<void>)).toBe("remote_connection_closed");
      expect(await b.rx.recv()).toBeUndefined();
    });
  });

  test("close() rejects everything pending here once, with one and the same local_closed", async () => {
    await withPair(kind, codec, { toB: everything, both: TINY, leavesOpen: true }, async (pair) => {
      const pending = await makePending(pair);
      await pair.a.close();
      const errors = await errorsOf(pending);
      expect(codes(errors)).toEqual(["local_closed"]);
      expect(new Set(errors).size).toBe(1);
    });
  });

  test("close() on the other side rejects everything pending here once, with one and the same remote_connection_closed", async () => {
    await withPair(kind, codec, { toB: everything, both: TINY, leavesOpen: true }, async (pair) => {
      const pending = await makePending(pair);
      await pair.b.close();
      const errors = await errorsOf(pending);
      // The other side dropped its base receiver before it said Goodbye.
      const others = errors.filter((error) => !CuttleError.is(error, "remote_closed"));
      expect(codes(others)).toEqual(["remote_connection_closed"]);
      expect(new Set(others).size).toBe(1);
    });
  });

  test("the death of the peer rejects everything pending once, with one and the same transport_lost", async () => {
    await withPair(kind, codec, { toB: everything, both: TINY, fails: true }, async (pair) => {
      const pending = await makePending(pair);
      pair.cut();
      const errors = await errorsOf(pending);
      expect(codes(errors)).toEqual(["transport_lost"]);
      expect(new Set([...errors, await errorOf(pair.a.closed)]).size).toBe(1);
      expect(await codeOf(pair.a.tx.send({} as never))).not.toBe("bug");
      expect(await codeOf(pair.b.closed)).toBe("transport_lost");
    });
  });

  test("a half in a value that never left before the peer died is usable again", async () => {
    await withPair(kind, codec, { toB: everything, both: TINY, fails: true }, async (pair) => {
      const values = numbersTo(5).map(makeHalves);
      const sends = values.map(({ value }) => outcome(pair.a.tx.send(value)));
      await pair.quiet();
      pair.cut();
      const outcomes = await Promise.all(sends);
      expect("error" in (outcomes[2] as object)).toBe(true);
      for (const { value, answer } of values.slice(2)) {
        await value.one.send(1);
        expect(await answer.recv()).toBe(1);
      }
    });
  });

  test("a sender whose receiver was on its way when the connection ended hears that it failed", async () => {
    await withPair(kind, codec, { toB: t.mpsc.receiver(t.u32), leavesOpen: true }, async ({ a, b }) => {
      const [sender, half] = mpsc.channel(t.u32);
      await a.tx.send(half);
      await a.close();
      await b.closed;
      expect(await sender.closed()).toBe("failed");
      expect(await codeOf(sender.send(1))).toBe("local_closed");
    });
  });

  test("close() waits for values that a channel had taken before its receiver was sent away", async () => {
    await withPair(kind, codec, { toB: t.mpsc.receiver(t.str), both: TINY, leavesOpen: true }, async ({ a, b }) => {
      const [tx, half] = mpsc.channel(t.str);
      for (const number of numbersTo(16)) await tx.send(`value number ${number}`);
      const got = b.rx.recv();
      await a.tx.send(half);
      const closing = a.close();
      const rx = await got;
      for (const number of numbersTo(16)) expect(await rx?.recv()).toBe(`value number ${number}`);
      await closing;
      expect(await codeOf(rx?.recv() as Promise<unknown>)).toBe("remote_connection_closed");
    });
  });

  test("close() waits no more than a second for a peer that does not read such values", async () => {
    await withPair(kind, codec, { toB: t.mpsc.receiver(t.str), both: TINY, leavesOpen: true }, async (pair) => {
      const { a, b, clock } = pair;
      const [tx, half] = mpsc.channel(t.str, { capacity: 60 });
      for (const number of numbersTo(60)) await tx.send(`value number ${number}`);
      const rx = await pass(a, b, half);
      await pair.quiet();
      const closing = a.close();
      clock.advance(999);
      await turns(3);
      expect(await Promise.race([closing.then(() => "closed"), turns(1).then(() => "waiting")])).toBe("waiting");
      clock.advance(1);
      await closing;
      const got: string[] = [];
      const ended = codeOf(
        (async () => {
          for await (const value of rx) got.push(value);
        })(),
      );
      expect(await ended).toBe("remote_connection_closed");
      expect(got.length).toBeLessThan(60);
      expect(await codeOf(tx.send("more"))).toBe("local_closed");
    });
  });

  test("close() can be called twice, and from both sides at once", async () => {
    await withPair(kind, codec, { toB: t.u32, leavesOpen: true }, async ({ a, b }) => {
      expect([a.state, b.state]).toEqual(["open", "open"]);
      const closing = [a.close(), a.close(), b.close(), b.close()];
      expect([a.state, b.state]).toEqual(["closing", "closing"]);
      await Promise.all(closing);
      await a.close();
      expect([a.state, b.state]).toEqual(["closed", "closed"]);
      expect(await a.closed).toEqual({ by: "local" });
    });
  });

  test("both sides learn who closed", async () => {
    await withPair(kind, codec, { toB: t.u32, leavesOpen: true }, async ({ a, b }) => {
      await a.close();
      expect([await a.closed, await b.closed]).toEqual([{ by: "local" }, { by: "peer" }]);
      expect(await codeOf(a.tx.send(1))).toBe("local_closed");
      expect(["remote_connection_closed", "remote_closed"]).toContain(await codeOf(b.tx.send(null)));
    });
  });

  test("a base stream that had ended before the connection was closed stays ended, not failed", async () => {
    await withPair(kind, codec, { toB: t.u32, leavesOpen: true }, async ({ a, b }) => {
      await a.tx.send(1);
      await a.close();
      await b.closed;
      expect([await b.rx.recv(), await b.rx.recv(), await b.rx.recv()]).toEqual([1, undefined, undefined]);
    });
  });

  test("the connection ends by itself when both base channels and all others have ended", async () => {
    await withPair(kind, codec, { toB: t.mpsc.sender(t.u32), leavesOpen: true }, async ({ a, b }) => {
      const [half, receiver] = mpsc.channel(t.u32);
      const sender = await pass(a, b, half);
      for (const end of [a, b]) {
        end.tx.close();
        end.rx.drop();
      }
      await sender.send(1);
      sender.close();
      expect(await all(receiver)).toEqual([1]);
      await Promise.all([a.closed, b.closed]);
    });
  });

  test("halves outlive the connection they came from only as closed ones", async () => {
    await withPair(kind, codec, { toB: t.mpsc.sender(t.u32), leavesOpen: true }, async ({ a, b }) => {
      const [half, receiver] = mpsc.channel(t.u32);
      const sender = await pass(a, b, half);
      await a.close();
      await b.closed;
      expect(await sender.closed()).toBe("failed");
      expect(await codeOf(sender.send(1))).toBe("remote_connection_closed");
      expect(await codeOf(receiver.recv())).toBe("local_closed");
      expect(await receiver.recv()).toBeUndefined();
    });
  });
}
