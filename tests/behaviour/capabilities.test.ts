/** Features of remoc 0.20 that ends announce: each by itself, all and none, on either side. */

import { describe, expect, test } from "vitest";
import { mpscReceiver, mpscSender } from "../../ts/channel/shapes.ts";
import { connectTransport, establish } from "../../ts/connect/connect.ts";
import type { Capability } from "../../ts/core/core.ts";
import { type Connection, type Descriptor, mpsc, oneshot, postbag, t } from "../../ts/index.ts";
import type { Port } from "../../ts/mux/port.ts";
import { memoryPair } from "../../ts/transport/memory.ts";
import { wholeOf } from "../../ts/util/pieces.ts";
import { codeOf, turns, until, watch } from "./support/wait.ts";

const ALL: readonly Capability[] = ["received_report", "port_side", "pre_connect", "varint"];
const SETS: readonly (readonly Capability[])[] = [[], ...ALL.map((one) => [one]), ALL];

const Offer = t.struct({
  up: t.mpsc.receiver(t.u32),
  down: t.mpsc.sender(t.u32),
  nested: t.oneshot.sender(t.struct({ tx: t.mpsc.sender(t.str) })),
});

async function pair<T>(type: Descriptor<T>, ours: readonly Capability[] = ALL, theirs: readonly Capability[] = ALL) {
  const frames: string[] = [];
  const network = { held: [] as (() => void)[], holds: false };
  const { a, b } = memoryPair({
    tap: (way, frame) => frames.push(`${way} ${Buffer.from(frame).toString("hex")}`),
    schedule(deliver, way) {
      if (way === "b-to-a" && network.holds) network.held.push(deliver);
      else queueMicrotask(deliver);
    },
  });
  const [one, other] = await Promise.all([
    connectTransport(a, { send: type, capabilities: ours, seed: 1 }),
    connectTransport(b, { receive: type, capabilities: theirs, seed: 2 }),
  ]);
  return { one, other, frames, network };
}

async function numbers(rx: AsyncIterable<number>): Promise<number[]> {
  const all: number[] = [];
  for await (const number of rx) all.push(number);
  return all;
}

/** Nothing is left of a connection that was closed. */
async function closed(...connections: Connection<never, never>[]): Promise<void> {
  await Promise.all(connections.map((connection) => connection.close()));
  for (const connection of connections) expect(connection.stats().ports).toBe(0);
}

describe.each(SETS)("this side announces %j", (...ours) => {
  test.each(SETS)("and the other one %j: channels inside channels work in every direction", async (...theirs) => {
    const { one, other } = await pair(Offer, ours, theirs);
    expect(other.peer.capabilities).toEqual(ours);
    expect(other.peer.generation).toBe(ours.length === 0 ? "0.18" : "0.20");
    const [upTx, up] = mpsc.channel(t.u32);
    const [down, downRx] = mpsc.channel(t.u32);
    const [nested, nestedRx] = oneshot.channel(t.struct({ tx: t.mpsc.sender(t.str) }));
    await one.tx.send({ up, down, nested });
    const offer = await other.rx.recv();
    if (offer === undefined) throw new Error("no offer");
    const [tx, texts] = mpsc.channel(t.str);
    await offer.nested.send({ tx });
    const received = numbers(offer.up);
    for (let at = 0; at < 100; at++) {
      await upTx.send(at);
      await offer.down.send(2 * at);
    }
    upTx.close();
    offer.down.close();
    expect(await received).toEqual(Array.from({ length: 100 }, (_, at) => at));
    expect(await numbers(downRx)).toEqual(Array.from({ length: 100 }, (_, at) => 2 * at));
    const inner = await nestedRx.recv();
    await inner.tx.send("deep");
    inner.tx.close();
    expect(await texts.recv()).toBe("deep");
    expect(await texts.recv()).toBe(undefined);
    await until(
      () => one.stats().ports === 2 && other.stats().ports === 2,
      () => "only the base ports remain",
    );
    await closed(one as never, other as never);
  });
});

const Stream = t.struct({ rx: t.mpsc.receiver(t.u32) });

test("what is sent into a channel arrives without a round trip, with the value that brings it", async () => {
  const { one, other, network } = await pair(Stream);
  // From now on nothing that the other side says gets through.
  network.holds = true;
  const [tx, rx] = mpsc.channel(t.u32);
  await one.tx.send({ rx });
  for (let at = 0; at < 50; at++) await tx.send(at);
  tx.close();
  const offer = await other.rx.recv();
  expect(await numbers(offer?.rx as mpsc.Receiver<number>)).toEqual(Array.from({ length: 50 }, (_, at) => at));
  network.holds = false;
  for (const deliver of network.held.splice(0)) deliver();
  await closed(one as never, other as never);
});

test("a peer that announces nothing is waited for, as before", async () => {
  const { one, other, network } = await pair(Stream, ALL, []);
  network.holds = true;
  const [tx, rx] = mpsc.channel(t.u32);
  await one.tx.send({ rx });
  const sent = watch(tx.send(1));
  await turns(20);
  expect(sent.settled).toBe(false);
  network.holds = false;
  for (const deliver of network.held.splice(0)) deliver();
  const offer = await other.rx.recv();
  expect(await offer?.rx.recv()).toBe(1);
  await closed(one as never, other as never);
});

test("values that went ahead of a refusal are given up, and the channel says so", async () => {
  const { one, other } = await pair(Stream);
  other.rx.drop();
  const [tx, rx] = mpsc.channel(t.u32);
  await one.tx.send({ rx }).catch(() => undefined);
  await tx.closed();
  expect(["remote_rejected", "remote_closed", "remote_failed"]).toContain(await codeOf(tx.send(1)));
  await closed(one as never, other as never);
});

describe("taken", () => {
  test("resolves when the other application took the value, and not when it is on its way", async () => {
    const { one, other } = await pair(Stream);
    const [tx, rx] = mpsc.channel(t.u32);
    await one.tx.send({ rx });
    const offer = await other.rx.recv();
    const sends = Array.from({ length: 40 }, (_, at) => tx.send(at));
    const taken = sends.map((sending) => watch(sending.taken));
    await Promise.all(sends);
    await turns(20);
    // The receiver's queue took some of them, and one more is in hand.
    const early = taken.filter(({ settled }) => settled).length;
    expect(early).toBeLessThan(20);
    for (let at = 0; at < 40; at++) expect(await offer?.rx.recv()).toBe(at);
    await until(
      () => taken.every(({ settled, error }) => settled && error === undefined),
      () => "all were reported",
    );
    await closed(one as never, other as never);
  });

  test("costs nothing unless it is asked for", async () => {
    const { one, other, frames } = await pair(Stream);
    const [tx, rx] = mpsc.channel(t.u32);
    await one.tx.send({ rx });
    const offer = await other.rx.recv();
    await tx.send(1);
    expect(await offer?.rx.recv()).toBe(1);
    expect(frames.some((frame) => /^a-to-b 14....?$/.test(frame))).toBe(false);
    await closed(one as never, other as never);
  });

  test("rejects when the receiver ends before, and for peers that cannot tell", async () => {
    const { one, other } = await pair(Stream);
    const [tx, rx] = mpsc.channel(t.u32);
    await one.tx.send({ rx });
    const offer = await other.rx.recv();
    const taken = Array.from({ length: 30 }, (_, at) => tx.send(at).taken);
    await turns(20);
    offer?.rx.drop();
    expect(await codeOf(taken.at(-1) as Promise<void>)).toBe("remote_closed");
    await closed(one as never, other as never);

    const old = await pair(Stream, ALL, []);
    const [oldTx, oldRx] = mpsc.channel(t.u32);
    await old.one.tx.send({ rx: oldRx });
    const oldOffer = await old.other.rx.recv();
    const sending = oldTx.send(1);
    expect(await codeOf(sending.taken)).toBe("peer_incompatible");
    await sending;
    expect(await oldOffer?.rx.recv()).toBe(1);
    await closed(old.one as never, old.other as never);
  });

  test("tells of a receiver in the same program as well, and has to be asked for in time", async () => {
    const [tx, rx] = mpsc.channel(t.u32);
    const sending = tx.send(1);
    const taken = watch(sending.taken);
    await sending;
    expect(taken.settled).toBe(false);
    expect(await rx.recv()).toBe(1);
    await sending.taken;
    const late = tx.send(2);
    expect(await rx.recv()).toBe(2);
    expect(await codeOf(late.taken)).toBe("local_misuse");
    tx.close();
    const refused = tx.send(3);
    const codes = await Promise.all([codeOf(refused), codeOf(refused.taken)]);
    expect(codes).toEqual(["local_half_used", "local_half_used"]);
  });
});

describe("parallel ports of remoc 0.20", () => {
  const Halves = t.struct({ rx: t.option(t.mpsc.receiver(t.u32)), tx: t.option(t.mpsc.sender(t.u32)) });
  const Plain = t.struct({ rx: t.option(mpscReceiver), tx: t.option(mpscSender) });
  const Item = t.result(t.u32, t.str);
  // The form that has parallel ports.
  const dialect = { generation: "0.20", compact: false, postbag1: false, skipDefaults: false } as const;
  const context = { maxBytes: 1_000, transport: () => undefined, dialect };

  /** The raw side chooses the ports: two beside the one of the channel, which come first in the list. */
  async function raw(half: "rx" | "tx") {
    const { a, b } = memoryPair();
    const [near, far] = await Promise.all([
      establish(a, { seed: 1 }),
      connectTransport(b, { receive: Halves, seed: 2, capabilities: ALL }),
    ]);
    const ports = [near.mux.reserve(), near.mux.reserve(), near.mux.reserve()] as const;
    const [second, third, first] = ports;
    const shape = { port: first.number, data: null, codec: null, max_item_size: 1_000n, closed: false };
    const value = { rx: null, tx: null, [half]: { ...shape, parallel: [second.number, third.number] } };
    await near.outgoing.send(postbag.encode(Plain, value, context), ports);
    const halves = await far.rx.recv();
    if (halves === undefined) throw new Error("no value");
    return { near, far, inTurn: [first, second, third] as [Port, Port, Port], halves };
  }

  const item = (number: number) => postbag.encode(Item, { Ok: number }, context);

  test("a received receiver reads them in turns, the first port first", async () => {
    const { near, far, inTurn, halves } = await raw("rx");
    for (const port of inTurn) port.finishReceive();
    // In another order than they are read.
    for (const at of [2, 1, 0, 5, 4, 3, 7, 6]) {
      const port = inTurn[at % 3] as Port;
      if (at >= 3) continue;
      for (let number = at; number < 8; number += 3) await port.send(item(number));
    }
    for (const port of inTurn) port.finishSend();
    expect(await numbers(halves.rx as mpsc.Receiver<number>)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await until(
      () => far.stats().ports === 2,
      () => "the channel's ports are freed",
    );
    await Promise.all([near.mux.close(), far.close()]);
  });

  test("a received sender writes them in turns", async () => {
    const { near, far, inTurn, halves } = await raw("tx");
    const tx = halves.tx as mpsc.Sender<number>;
    for (let number = 0; number < 7; number++) await tx.send(number);
    tx.close();
    const got: number[][] = [];
    for (const port of inTurn) {
      const one: number[] = [];
      for (let message = await port.receive(); message !== undefined; message = await port.receive()) {
        if (message.kind === "bytes")
          one.push((postbag.decode(Item, wholeOf(message.bytes), { dialect } as never) as { Ok: number }).Ok);
      }
      got.push(one);
      port.finish();
    }
    expect(got).toEqual([
      [0, 3, 6],
      [1, 4],
      [2, 5],
    ]);
    await until(
      () => far.stats().ports === 2,
      () => "the channel's ports are freed",
    );
    await Promise.all([near.mux.close(), far.close()]);
  });
});
