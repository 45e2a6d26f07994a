import { describe, expect, test } from "vitest";
import { connectTransport } from "../../ts/connect/connect.ts";
import { memoryPair, mpsc, oneshot, t } from "../../ts/index.ts";
import { connectMux, joinMuxes, type MultiplexerOptions, type RawPort } from "../../ts/mux.ts";
import { VirtualClock } from "./support/clock.ts";
import { assertNothingLeft, muxPair, portBetween, TINY } from "./support/muxes.ts";
import { codeOf, errorOf, outcome, turns, until, watch } from "./support/wait.ts";

/** A port through two connections: `near` and `far` are its ends, what is between is joined. */
async function forwarded(options: MultiplexerOptions = {}) {
  const [left, right] = [await muxPair(options), await muxPair(options, [300, 400])];
  const [near, between] = await portBetween(left.a, left.b);
  const [beyond, far] = await portBetween(right.a, right.b);
  const forwarding = between.forward(beyond);
  forwarding.catch(() => undefined);
  const done = async (): Promise<void> => {
    await assertNothingLeft(left.clock, left.a, left.b);
    await assertNothingLeft(right.clock, right.a, right.b);
  };
  return { left, right, near, far, forwarding, done };
}

describe("forward", () => {
  test("passes messages of every length both ways, and resolves when both directions have ended", async () => {
    const { near, far, forwarding, done } = await forwarded(TINY);
    const lengths = [0, 1, 15, 16, 17, 1000, 0, 64];
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      const sending = Promise.all(lengths.map((length) => from.send(new Uint8Array(length).fill(length))));
      for (const length of lengths) {
        const message = await to.receive();
        expect(message).toEqual({ kind: "bytes", bytes: new Uint8Array(length).fill(length) });
      }
      await sending;
      from.finishSend();
      expect(await to.receive()).toBeUndefined();
      to.finishReceive();
    }
    await forwarding;
    await done();
  });

  test("passes requests in lists with their labels, at any depth, with answers and what is sent on them", async () => {
    const { near, far, forwarding, done } = await forwarded(TINY);
    await near.send(bytes("x"));
    const asked = await near.connect([70, 71, 72]);
    expect((await far.receive())?.kind).toBe("bytes");
    const requests = await listOf(far);
    expect(requests.map(({ id }) => id)).toEqual([70, 71, 72]);
    const inner = requests[0]?.accept() as RawPort;
    requests[1]?.reject();
    requests[2]?.reject({ noPorts: true });
    await asked[0]?.opened;
    const refusals = await Promise.all(asked.slice(1).map((port) => errorOf(port.opened)));
    expect(refusals).toMatchObject([{ data: { noPorts: false } }, { data: { noPorts: true } }]);
    const [deep] = await inner.connect([7000]);
    const [deepRequest] = await listOf(asked[0] as RawPort);
    expect(deepRequest?.id).toBe(7000);
    const deepFar = deepRequest?.accept() as RawPort;
    await deep?.send(bytes("deep"));
    expect(await deepFar.receive()).toEqual({ kind: "bytes", bytes: bytes("deep") });
    for (const port of [near, far, asked[0], inner, deep, deepFar]) port?.finish();
    await forwarding;
    await done();
  });

  test("what one side does not read the other side may not send: a window for each hop is all that is kept", async () => {
    const { left, right, near, far, done } = await forwarded(TINY);
    const sending = watch(near.send(new Uint8Array(10_000)));
    await turns(60);
    const kept = [left.a, left.b, right.a, right.b].map((mux) => mux.stats().bufferedBytes);
    expect(kept[1]).toBeLessThanOrEqual(64);
    expect(kept[3]).toBe(64);
    expect(near.stats().waitsFor).toBe("credit");
    expect(near.stats().queuedBytes).toBeGreaterThanOrEqual(10_000 - 2 * 64);
    expect((await far.receive()) as object).toMatchObject({ kind: "bytes", bytes: { length: 10_000 } });
    await turns(10);
    expect(sending.settled).toBe(true);
    near.finish();
    far.finish();
    await done();
  });

  test("a receiver that closes is told to the sender as closed, and still gets what was under way", async () => {
    const { near, far, forwarding, done } = await forwarded(TINY);
    const sending = near.send(new Uint8Array(40));
    const late = watch(near.send(new Uint8Array(500)));
    await sending;
    far.closeReceive();
    expect(await near.closed()).toBe("closed");
    await until(
      () => late.settled,
      () => "the message that was not covered was given up",
    );
    near.finishSend();
    expect(await far.receive()).toMatchObject({ bytes: { length: 40 } });
    expect(await far.receive()).toBeUndefined();
    far.finish();
    near.finish();
    await forwarding;
    await done();
  });

  test("what was taken before the receiver closed gets there, also when it has to wait in the middle", async () => {
    const { right, near, far, forwarding, done } = await forwarded(TINY);
    await near.send(new Uint8Array(60));
    await until(
      () => far.stats().unreadBytes === 60,
      () => "the first message arrived",
    );
    await near.send(new Uint8Array(40));
    await until(
      () => right.a.portStats().some(({ waitsFor }) => waitsFor === "credit"),
      () => "the second one waits",
    );
    far.closeReceive();
    expect(await near.closed()).toBe("closed");
    near.finishSend();
    expect(await far.receive()).toMatchObject({ bytes: { length: 60 } });
    expect(await far.receive()).toMatchObject({ bytes: { length: 40 } });
    expect(await far.receive()).toBeUndefined();
    near.finish();
    far.finish();
    await forwarding;
    await done();
  });

  test("a sender that has ended hears of the receiver's end when that is over, and not before", async () => {
    const { near, far, forwarding, done } = await forwarded();
    near.finishSend();
    expect(await far.receive()).toBeUndefined();
    const closed = watch(near.closed());
    await turns(20);
    expect(closed.settled).toBe(false);
    far.finishReceive();
    expect(await near.closed()).toBe("dropped");
    far.finish();
    near.finish();
    await forwarding;
    await done();
  });

  test("a receiver that is dropped is told to the sender as dropped", async () => {
    const { near, far, forwarding, done } = await forwarded();
    far.finish();
    expect(await near.closed()).toBe("dropped");
    expect(await near.receive()).toBeUndefined();
    near.finish();
    await forwarding;
    await done();
  });

  test("a message that is given up half way is not completed on the other side", async () => {
    const { near, far, forwarding, done } = await forwarded(TINY);
    const writer = near.startMessage();
    await writer.send(bytes("not ended"));
    await turns(6);
    writer.cancel();
    await near.send(bytes("whole"));
    expect(await far.receive()).toEqual({ kind: "bytes", bytes: bytes("whole") });
    near.finish();
    far.finish();
    await forwarding;
    await done();
  });

  test("when one connection fails the other port is ended, and forwarding rejects", async () => {
    const { left, near, far, forwarding, done } = await forwarded();
    left.cut();
    expect(await codeOf(forwarding)).toBe("transport_lost");
    expect(await far.receive()).toBeUndefined();
    expect(await codeOf(near.receive())).toBe("transport_lost");
    far.finish();
    await done();
  });
});

/** Two carriers that are joined in the middle: what is connected over `a` reaches what is connected over `b`. */
async function joined(options: MultiplexerOptions = {}) {
  const clock = new VirtualClock();
  const [left, right] = [memoryPair(), memoryPair()];
  const middle = { capabilities: [], clock, ...options } as const;
  const joining = Promise.all([
    connectMux(left.b, { ...middle, seed: 11 }),
    connectMux(right.b, { ...middle, seed: 22 }),
  ]).then(async ([one, other]) => ({ muxes: [one, other], end: joinMuxes(one, other, { clock }) }));
  return { a: left.a, b: right.a, cutA: left.cut, cutB: right.cut, clock, joining };
}

describe("joined connections", () => {
  test("typed connections work through them: channels in values, both ways, to an orderly end", async () => {
    const { a, b, clock, joining } = await joined();
    const Ask = t.struct({ up_to: t.u32, tx: t.mpsc.sender(t.u32), reply: t.oneshot.sender(t.mpsc.sender(t.str)) });
    const [near, far] = await Promise.all([
      connectTransport(a, { send: Ask, clock }),
      connectTransport(b, { receive: Ask, clock }),
    ]);
    const { muxes, end } = await joining;
    const [tx, rx] = mpsc.channel(t.u32);
    const [reply, replied] = oneshot.channel(t.mpsc.sender(t.str));
    await near.tx.send({ up_to: 500, tx, reply });
    const ask = await far.rx.recv();
    if (ask === undefined) throw new Error("no value");
    const [back, backRx] = mpsc.channel(t.str);
    await ask.reply.send(back);
    const count = (async () => {
      for (let i = 0; i < ask.up_to; i++) await ask.tx.send(i);
      ask.tx.close();
    })();
    const numbers: number[] = [];
    for await (const number of rx) numbers.push(number);
    await count;
    expect(numbers).toEqual(Array.from({ length: 500 }, (_, at) => at));
    const sender = await replied.recv();
    await sender.send("hello");
    sender.close();
    expect([await backRx.recv(), await backRx.recv()]).toEqual(["hello", undefined]);
    near.tx.close();
    near.rx.drop();
    expect(await far.rx.recv()).toBeUndefined();
    far.rx.drop();
    far.tx.close();
    await ending(clock, end);
    expect(await end).toMatchObject({ error: undefined });
    await Promise.all([near.closed, far.closed]);
    await assertNothingLeft(clock, ...muxes);
  });

  test("a small message goes past a big transfer: what arrives before it is bounded by what the carriers hold", async () => {
    const { a, b, clock, joining } = await joined();
    const [near, far] = await Promise.all([connectMux(a, { clock }), connectMux(b, { clock })]);
    const { muxes } = await joining;
    const [bulk, bulkFar] = await portBetween(near, far);
    const [small, smallFar] = await portBetween(near, far);
    let arrived = 0;
    const reading = (async () => {
      for (;;) {
        const piece = await bulkFar.receivePiece();
        if (piece?.kind !== "bytes") break;
        arrived += piece.bytes.length;
      }
    })();
    const TOTAL = 8_000_000;
    const sending = bulk.send(new Uint8Array(TOTAL));
    const passedBy: number[] = [];
    while (passedBy.length < 10) {
      await until(
        () => arrived > (passedBy.length + 1) * 200_000,
        () => "the transfer goes on",
      );
      const before = arrived;
      await small.send(bytes("small"));
      await smallFar.receive();
      passedBy.push(arrived - before);
    }
    expect(arrived).toBeLessThan(TOTAL);
    // 64 KiB in each of the two carriers, and a chunk of each hop.
    expect(Math.max(...passedBy)).toBeLessThanOrEqual(2 * 65_536 + 2 * 16_384);
    await sending;
    bulk.finishSend();
    await reading;
    await near.close();
    await Promise.all([far.close(), ...muxes.map((mux) => mux.close())]);
    expect(arrived).toBe(TOTAL);
  });

  test("messages far above what may be kept go through side by side, for they are passed on in pieces", async () => {
    const { a, b, clock, joining } = await joined({ limits: { bufferedBytes: 300_000 } });
    const [near, far] = await Promise.all([connectMux(a, { clock }), connectMux(b, { clock })]);
    const { muxes } = await joining;
    const LENGTH = 2_000_000;
    const counts = [0, 0, 0];
    const passed: Promise<void>[] = [];
    for (const index of counts.keys()) {
      const [port, other] = await portBetween(near, far);
      passed.push(port.send(new Uint8Array(LENGTH)));
      passed.push(
        (async () => {
          for (;;) {
            const piece = await other.receivePiece();
            if (piece?.kind !== "bytes") throw new Error("no bytes");
            counts[index] = (counts[index] ?? 0) + piece.bytes.length;
            // None waits for another one to be whole.
            expect(Math.max(...counts) - Math.min(...counts)).toBeLessThan(LENGTH / 2);
            if (piece.last) return;
          }
        })(),
      );
    }
    await Promise.all(passed);
    expect(counts).toEqual([LENGTH, LENGTH, LENGTH]);
    await Promise.all([near, far, ...muxes].map((mux) => mux.close()));
  });

  test("a side that closes with channels open closes the other one, after what it had sent", async () => {
    const { a, b, clock, joining } = await joined();
    const [near, far] = await Promise.all([
      connectTransport(a, { send: t.str, clock }),
      connectTransport(b, { receive: t.str, clock }),
    ]);
    const { muxes, end } = await joining;
    for (let at = 0; at < 50; at++) await near.tx.send(`value ${at}`);
    const closing = near.close();
    const values: (string | undefined)[] = [];
    for (let at = 0; at < 50; at++) values.push(await far.rx.recv());
    expect(values.at(-1)).toBe("value 49");
    await ending(clock, end);
    await closing;
    expect(await far.closed).toEqual({ by: "peer" });
    await assertNothingLeft(clock, ...muxes);
  });

  test("what a closing side had sent is delivered although the other one reads slowly", async () => {
    const { a, b, clock, joining } = await joined();
    const [near, far] = await Promise.all([
      connectTransport(a, { send: t.str, clock }),
      connectTransport(b, { receive: t.str, clock, ...TINY }),
    ]);
    const { muxes, end } = await joining;
    const value = "x".repeat(100);
    for (let at = 0; at < 20; at++) await near.tx.send(value);
    const closing = near.close();
    await turns(10);
    const reading = (async () => {
      const values: string[] = [];
      for (;;) {
        const next = await far.rx.recv();
        if (next === undefined) return values;
        values.push(next);
      }
    })();
    await ending(clock, end);
    await closing;
    expect(await reading).toEqual(Array(20).fill(value));
    await assertNothingLeft(clock, ...muxes);
  });

  test("a side whose transport is lost is lost for the other one, too", async () => {
    for (const side of ["a", "b"] as const) {
      const { a, b, cutA, cutB, clock, joining } = await joined();
      const [near, far] = await Promise.all([
        connectTransport(a, { send: t.str, clock }),
        connectTransport(b, { receive: t.str, clock }),
      ]);
      const { muxes, end } = await joining;
      (side === "a" ? cutA : cutB)();
      await ending(clock, end);
      expect(await end).toMatchObject({ first: side, error: { code: "transport_lost" } });
      for (const conn of [near, far]) expect(await codeOf(conn.closed as Promise<unknown>)).toBe("transport_lost");
      await assertNothingLeft(clock, ...muxes);
    }
  });

  test("more requests than there are ports in the middle are rejected for want of ports, and nothing else suffers", async () => {
    const { a, b, clock, joining } = await joined({ limits: { ports: 3 } });
    const [near, far] = await Promise.all([connectMux(a, { clock }), connectMux(b, { clock })]);
    const { muxes, end } = await joining;
    const ports: [RawPort, RawPort][] = [];
    while (ports.length < 3) ports.push(await portBetween(near, far));
    expect(await errorOf(near.open())).toMatchObject({ code: "remote_rejected", data: { noPorts: true } });
    for (const [one, other] of ports) {
      await one.send(bytes("still"));
      expect(await other.receive()).toEqual({ kind: "bytes", bytes: bytes("still") });
    }
    await near.close();
    await ending(clock, end);
    await assertNothingLeft(clock, near, far, ...muxes);
  });
});

/** Lets the virtual clock run until the joined connections have ended. */
async function ending(clock: VirtualClock, end: Promise<unknown>): Promise<void> {
  const ended = watch(end);
  await until(
    () => {
      if (!ended.settled) clock.advance(1);
      return ended.settled;
    },
    () => "both connections ended",
  );
  await outcome(end);
}

async function listOf(port: RawPort) {
  const message = await port.receive();
  if (message?.kind !== "ports") throw new Error(`no list but ${JSON.stringify(message)}`);
  return message.requests;
}

function bytes(message: string): Uint8Array {
  return new TextEncoder().encode(message);
}
