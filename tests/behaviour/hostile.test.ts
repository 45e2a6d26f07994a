import { describe, expect, test } from "vitest";
import { connectTransport } from "../../ts/connect/connect.ts";
import { startWasm } from "../../ts/core/wasm.ts";
import { CuttleError, type ErrorCode, json, mpsc, oneshot, postbag, t } from "../../ts/index.ts";
import { memoryPair } from "../../ts/transport/memory.ts";
import { VirtualClock } from "./support/clock.ts";
import { PAIR_TYPE, withPair } from "./support/pair.ts";
import {
  connecting,
  type Established,
  established,
  frames,
  hello,
  hex,
  numberAt,
  PEER,
  type Scripted,
  u32,
} from "./support/scripted.ts";
import { codeOf, errorOf, outcome, turns, until } from "./support/wait.ts";

/** Fails a connection on which everything is pending, in every way it can be, and checks how it ended. */
async function expectFailure(
  code: ErrorCode,
  message: RegExp,
  attack: (at: Attacked) => void | Promise<void>,
): Promise<void> {
  await besideAnother(async () => {
    const at = await attacked();
    const pending = everythingPending(at);
    await turns(3);
    await attack(at);
    const errors = await Promise.all(pending.promises.map(errorOf));
    const { conn, clock, peer } = at;
    const [error] = errors;
    expect(error).toMatchObject({ name: "CuttleError", code });
    expect((error as CuttleError).message).toMatch(message);
    expect(new Set(errors).size, "everything rejects with the same error").toBe(1);
    expect(await errorOf(conn.closed)).toBe(error);
    await turns(2);
    expect(pending.counts()).toEqual(pending.promises.map(() => 1));
    expect([conn.state, conn.stats().ports, conn.stats().bufferedBytes, clock.timers, peer.closed]).toEqual([
      "closed",
      0,
      0,
      0,
      true,
    ]);
    const said = peer.said.length;
    expect(await codeOf(conn.tx.send("more"))).toBe(code);
    await conn.close();
    await turns(2);
    expect(peer.said.length, "nothing is said after the end").toBe(said);
  });
}

interface Attacked extends Established<string, mpsc.Sender<string>> {
  /** Our number of a port whose receiving half is the application's `Sender`. */
  readonly port: number;
  readonly sender: mpsc.Sender<string>;
}

/** The peer's number of the port of its channel. */
const CHANNEL = 0x33;
const SMALL = { chunkBytes: 16, portWindowBytes: 64 };

/** A connection through which the peer has sent an mpsc sender; the peer grants 64 bytes a port. */
async function attacked(): Promise<Attacked> {
  const base = await established<string, mpsc.Sender<string>>(
    { codec: json, send: t.str, receive: t.mpsc.sender(t.str), limits: SMALL },
    { window: 64 },
  );
  const { peer, conn, rx } = base;
  const value = `{"port":${CHANNEL},"data":null,"codec":null,"max_item_size":1000}`;
  const receiving = conn.rx.recv();
  for (let at = 0; at < value.length; at += 16) {
    const flags = (at === 0 ? 1 : 0) | (at + 16 >= value.length ? 2 : 0);
    peer.says(frames.data(rx, flags), Buffer.from(value.slice(at, at + 16)));
  }
  peer.says(frames.portData(rx, [CHANNEL]));
  const sender = await receiving;
  if (sender === undefined) throw new Error("no sender");
  const port = numberAt(await peer.hears(`05${u32(CHANNEL)}`), 5);
  return { ...base, port, sender };
}

function everythingPending({ conn, sender }: Attacked): { promises: Promise<unknown>[]; counts(): number[] } {
  const long = "x".repeat(200);
  const promises: Promise<unknown>[] = [
    conn.rx.recv(),
    conn.tx.send(long),
    conn.tx.send(long),
    conn.tx.closed(),
    sender.send(long),
    sender.send(long),
  ];
  const counts = promises.map(() => 0);
  for (const [at, promise] of promises.entries()) {
    const settled = (): void => {
      counts[at] = (counts[at] ?? 0) + 1;
    };
    promise.then(settled, settled);
  }
  return { promises, counts: () => counts };
}

/** Runs an attack while a second connection exists, which must not notice. */
async function besideAnother(attack: () => Promise<void>): Promise<void> {
  await withPair("memory", json, { toB: PAIR_TYPE }, async ({ a, b }) => {
    await a.tx.send("before");
    await attack();
    await a.tx.send("after");
    expect([await b.rx.recv(), await b.rx.recv()]).toEqual(["before", "after"]);
  });
}

/** A connection that is refused while it is made. */
async function expectRefusal(code: ErrorCode, message: RegExp, ...says: (string | Uint8Array)[]): Promise<void> {
  await besideAnother(async () => {
    const { peer, clock, connected } = connecting();
    await turns(1);
    peer.says(...says);
    const error = await errorOf(connected);
    expect(error).toMatchObject({ name: "CuttleError", code });
    expect((error as CuttleError).message).toMatch(message);
    expect([clock.timers, peer.closed]).toEqual([0, true]);
  });
}

function repeated(frame: string | Uint8Array, count: number): (string | Uint8Array)[] {
  return Array.from({ length: count }, () => frame);
}

describe("H: the handshake and what the peer announces", () => {
  test.each([
    ["random bytes", hex("fe2b8c0011aa5577")],
    ["JSON text", Buffer.from('{"hello":"world"}')],
    ["an HTTP response", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["a TLS record", hex("16030100a5010000a10303")],
    ["Data without end", hex("070000000003")],
  ])("H01 %s instead of a Hello is skipped, and refused in the seventeenth frame", async (_what, frame) => {
    await expectRefusal("peer_not_remoc", /17 messages .*Check the URL/, ...repeated(frame, 17));
    const { peer, connected } = connecting();
    await turns(1);
    peer.says(...repeated(frame, 16));
    await turns(2);
    peer.ends();
    expect(await codeOf(connected)).toBe("peer_not_remoc");
  });

  test("H01 more than 4 KiB of anything else instead of a Hello are refused", async () => {
    await expectRefusal("peer_not_remoc", /Check the URL/, new Uint8Array(5000).fill(0x41));
  });

  test("H01 a carrier that ends before a Hello came is no remoc server", async () => {
    const { peer, clock, connected } = connecting();
    await turns(1);
    peer.ends("WebSocket closed with code 1006");
    const error = await errorOf(connected);
    expect(error).toMatchObject({ code: "peer_not_remoc" });
    expect((error as CuttleError).message).toContain("WebSocket closed with code 1006");
    expect(clock.timers).toBe(0);
  });

  test("H02 a Hello with any byte of its magic wrong is skipped as anything else", async () => {
    const good = hex(hello());
    for (let at = 1; at <= 6; at += 1) {
      const bad = Uint8Array.from(good);
      bad[at] = (bad[at] ?? 0) ^ 0x20;
      await expectRefusal("peer_not_remoc", /Check the URL/, ...repeated(bad, 17));
    }
  });

  test("H06 a second Hello fails the connection", async () => {
    await expectFailure("peer_protocol", /second Hello/, ({ peer }) => peer.says(hello()));
  });

  test("H06 a Reset on a connection in use fails it as a peer that started anew", async () => {
    await expectFailure("peer_reset", /started anew/, ({ peer }) => peer.says(frames.reset));
  });

  test("H07 data, credits and requests before Hello reach nobody", async () => {
    const { peer, connected } = connecting({ receive: t.str, codec: json });
    await turns(1);
    peer.says(frames.openPort(5), frames.credits(1000, 7), frames.data(1000), "2278797a22", frames.sendFinish(1000));
    peer.says(frames.reset, hello(), frames.openPort(PEER.opened));
    const tx = numberAt(await peer.hears("04"), 1);
    peer.says(frames.portOpened(tx, PEER.accepted));
    const conn = await connected;
    const rx = numberAt(await peer.hears("05"), 5);
    expect(peer.said.filter((frame) => frame.startsWith("05"))).toEqual([`05${u32(PEER.opened)}${u32(rx)}`]);
    peer.says(frames.data(rx), Buffer.from('"first"'));
    expect(await conn.rx.recv()).toBe("first");
    peer.says(frames.goodbye);
    await conn.closed;
  });

  test("H08 a peer that stays silent is given up after the handshake timeout, and no earlier", async () => {
    const { peer, clock, connected } = connecting();
    await turns(1);
    const result = outcome(connected);
    clock.advance(9_999);
    await turns(1);
    expect(peer.closed).toBe(false);
    clock.advance(1);
    expect(await result).toMatchObject({ error: { code: "peer_handshake_timeout" } });
    expect([peer.closed, clock.timers]).toEqual([true, 0]);
  });

  test("H08 a transport that never opens is given up after the handshake timeout, too", async () => {
    const { peer, clock, connected } = connecting({ handshakeTimeoutMs: 300 });
    peer.start = () => new Promise(() => {});
    await turns(1);
    clock.advance(300);
    expect(await codeOf(connected)).toBe("peer_handshake_timeout");
    expect(clock.timers).toBe(0);
  });

  test("H08 a peer that says Hello and opens no base channel is given up, and told apart", async () => {
    const { peer, clock, connected } = connecting();
    await turns(1);
    peer.says(frames.reset, hello());
    await turns(2);
    clock.advance(10_000);
    const error = await errorOf(connected);
    expect(error).toMatchObject({ code: "peer_handshake_timeout" });
    expect((error as CuttleError).message).toMatch(/base channel/);
    expect([peer.closed, clock.timers]).toEqual([true, 0]);
  });

  test.each([0, 1, 2, 3])("H10 a chunk size of %i is refused", async (chunk) => {
    await expectRefusal("peer_incompatible", new RegExp(`chunk size ${chunk}`), hello({ chunk }));
  });

  test("H10 with a chunk size of 4 a long value arrives in chunks of 4", async () => {
    const { peer, conn } = await established({ send: t.str, codec: json }, { chunk: 4 });
    await conn.tx.send("0123456789");
    await until(
      () => said(peer.said) === '"0123456789"',
      () => "all was sent",
    );
    expect(payloads(peer.said).every((chunk) => chunk.length <= 4)).toBe(true);
    await endOrderly(peer, conn);
  });

  test("H10 with the largest chunk size our chunks stay at our own limit", async () => {
    const { peer, conn } = await established({ send: t.str, codec: json }, { chunk: 0xffff_ffff, window: 0xffff_ffff });
    await conn.tx.send("x".repeat(40_000));
    await until(
      () => said(peer.said).length === 40_002,
      () => "all was sent",
    );
    expect(payloads(peer.said).map((chunk) => chunk.length)).toEqual([16_384, 16_384, 7_234]);
    await endOrderly(peer, conn);
  });

  test.each([0, 1, 2, 3])("H12 a port window of %i is refused", async (window) => {
    await expectRefusal("peer_incompatible", new RegExp(`port receive buffer ${window}`), hello({ window }));
  });

  test.each([4, 5, 7, 8])(
    "H12 with a port window of %i a value with three channels still completes",
    async (window) => {
      const channels = [0, 1, 2].map(() => oneshot.channel(t.u8));
      const type = t.vec(t.oneshot.sender(t.u8));
      const { peer, conn, tx } = await established({ send: type, codec: json }, { window });
      const sending = conn.tx.send(channels.map(([sender]) => sender));
      // The peer returns what it got at once.
      let returned = 0;
      for (let round = 0; round < 200; round += 1) {
        await turns(1);
        const got =
          payloads(peer.said).reduce((sum, chunk) => sum + Math.max(chunk.length, 1), 0) + 4 * listed(peer.said);
        if (got > returned) peer.says(frames.credits(tx, got - returned));
        returned = got;
      }
      await sending;
      expect(listed(peer.said)).toBe(3);
      expect(JSON.parse(said(peer.said))).toMatchObject([{ data: null }, { data: null }, { data: null }]);
      for (const [, receiver] of channels) receiver.drop();
      await endOrderly(peer, conn);
    },
  );

  test("H12 one credit above the largest window fails the connection", async () => {
    const { peer, conn, tx } = await established({}, { window: 0xffff_ffff });
    peer.says(frames.credits(tx, 1));
    expect(await codeOf(conn.closed)).toBe("peer_protocol");
  });

  test("H13 a connect queue of 0 is refused, of 1 and 65,535 is not", async () => {
    await expectRefusal("peer_incompatible", /connect queue 0/, hello({ queue: 0 }));
    for (const queue of [1, 65_535]) {
      const { peer, conn } = await established({}, { queue });
      expect(conn.peer.connectQueue).toBe(queue);
      await endOrderly(peer, conn);
    }
  });

  test.each([
    [0n, 25_000],
    [1n, 1_000],
    [60_000n, 25_000],
    [2n ** 31n, 25_000],
    [2n ** 32n, 25_000],
    [2n ** 64n - 1n, 25_000],
  ])("H14 with a timeout of %d ms a sign of life is sent after %i ms of silence", async (timeoutMs, pingMs) => {
    const { peer, conn, clock } = await established({ timeoutMs: 0 }, { timeoutMs });
    await turns(2);
    const before = peer.said.length;
    expect(clock.nextMs).toBeLessThanOrEqual(pingMs);
    clock.advance(pingMs - 1);
    await turns(2);
    expect(peer.said.length).toBe(before);
    clock.advance(1);
    await turns(2);
    expect(peer.said.slice(before)).toEqual([frames.ping]);
    await endOrderly(peer, conn);
  });

  test("H14 a peer from which nothing comes for our timeout is given up", async () => {
    await expectFailure("peer_timeout", /hangs, or the network is gone/, ({ clock }) => {
      for (let at = 0; at < 3; at += 1) clock.advance(20_000);
    });
  });
});

describe("F: malformed frames", () => {
  test("F01 an empty frame", async () => {
    await expectFailure("peer_protocol", /empty message/, ({ peer }) => peer.says(""));
  });

  test("F01 an empty frame after the memory of the core has grown", async () => {
    await expectFailure("peer_protocol", /empty message/, ({ peer }) => {
      startWasm().memory.grow(1);
      peer.says("");
    });
  });

  test.each(["00", "10", "15", "16", "18", "19", "7f", "ff"])("F02 a message of the unknown kind 0x%s", async (id) => {
    await expectFailure("peer_protocol", new RegExp(`unknown kind ${Number.parseInt(id, 16)}`), ({ peer }) =>
      peer.says(`${id}00000000`),
    );
  });

  test.each([
    ["OpenPort", "0401000000"],
    ["PortOpened", "05010000000100"],
    ["Data", "0701"],
    ["PortCredits", "09010000000100"],
    ["SendFinish", "0a0100"],
  ])("F02 a %s that is cut short", async (_name, frame) => {
    await expectFailure("peer_protocol", /cut short/, ({ peer }) => peer.says(frame));
  });

  test.each([
    ["PortOpened", "for a port never requested", () => frames.portOpened(77_777, 1)],
    ["Rejected", "for a port never requested", () => frames.rejected(77_777)],
    ["PortOpened", "for a connected port", ({ tx }: Attacked) => frames.portOpened(tx, 1)],
    ["Rejected", "for a port that the peer asked for", ({ port }: Attacked) => frames.rejected(port)],
  ])("F05 %s %s", async (_name, _what, frame) => {
    await expectFailure("peer_protocol", /port \d+/, (at) => at.peer.says(frame(at)));
  });

  test("F08 a chunk of one byte more than announced", async () => {
    await expectFailure("peer_protocol", /17 bytes on port \d+; 16 are allowed/, ({ peer, rx }) =>
      peer.says(frames.data(rx), new Uint8Array(17)),
    );
  });

  test("F09 an empty chunk is an empty message", async () => {
    const { peer, conn, rx } = await established({ receive: t.unit });
    peer.says(frames.data(rx), "");
    expect(await conn.rx.recv()).toBe(null);
    await endOrderly(peer, conn);
  });

  test("F10 Data for an unknown port", async () => {
    await expectFailure("peer_protocol", /port 77777, which does not exist/, ({ peer }) =>
      peer.says(frames.data(77_777), "00"),
    );
  });

  test("F10 Data for a port whose sending the peer has finished", async () => {
    await expectFailure("peer_protocol", /port \d+, whose state forbids it/, ({ peer, tx }) =>
      peer.says(frames.data(tx), "00"),
    );
  });

  test("F10 Data for a port that is free again", async () => {
    const { peer, conn, sender, port } = await attacked();
    peer.says(frames.sendFinish(port), frames.receiveFinish(port));
    expect(await sender.closed()).toBe("dropped");
    await peer.hears(frames.sendFinish(CHANNEL));
    await peer.hears(frames.receiveFinish(CHANNEL));
    expect(conn.stats().ports).toBe(2);
    peer.says(frames.data(port), "00");
    const error = await errorOf(conn.closed);
    expect(error).toMatchObject({ code: "peer_protocol" });
    expect((error as CuttleError).message).toContain(`port ${port}, which does not exist`);
  });

  test("F13 a value of exactly the limit is delivered, one byte more is skipped, and the channel goes on", async () => {
    const limits = { ...SMALL, portWindowBytes: 4096, itemBytes: 40 };
    const { peer, conn, rx } = await established({ receive: t.str, codec: json, limits });
    const says = (text: string): void => {
      const bytes = Buffer.from(JSON.stringify(text));
      for (let at = 0; at < bytes.length; at += 16) {
        const flags = (at === 0 ? 1 : 0) | (at + 16 >= bytes.length ? 2 : 0);
        peer.says(frames.data(rx, flags), bytes.subarray(at, at + 16));
      }
    };
    says("x".repeat(38));
    says("y".repeat(39));
    says("z".repeat(1000));
    says("end");
    expect(await conn.rx.recv()).toBe("x".repeat(38));
    await expect(conn.rx.recv()).rejects.toMatchObject({
      code: "peer_item_too_large",
      data: { sizeBytes: 41, limitBytes: 40 },
    });
    await expect(conn.rx.recv()).rejects.toMatchObject({ data: { sizeBytes: 1002 } });
    expect(await conn.rx.recv()).toBe("end");
    await endOrderly(peer, conn);
  });

  test("F13 the limit of a channel holds also for an item that comes right behind the answer to its request", async () => {
    const { peer, conn } = await established({ send: t.mpsc.sender(t.str), codec: json });
    const [half, receiver] = mpsc.channel(t.str, { maxItemBytes: 20 });
    await conn.tx.send(half);
    const port = numberAt(await peer.hears("08"), 6);
    // In one task: nothing of ours runs in between.
    peer.says(frames.portOpened(port, 0x44), frames.data(port), Buffer.from(`{"Ok":"${"x".repeat(40)}"}`));
    peer.says(frames.data(port), Buffer.from('{"Ok":"y"}'));
    const limit = await outcome(receiver.recv());
    expect(limit).toMatchObject({ error: { code: "peer_item_too_large" } });
    expect(await receiver.recv()).toBe("y");
    receiver.drop();
    await endOrderly(peer, conn);
  });

  test("F15 a list of no ports", async () => {
    await expectFailure("peer_protocol", /empty list of ports/, ({ peer, rx }) => peer.says(frames.portData(rx, [])));
  });

  test("F17 credits that overflow", async () => {
    await expectFailure("peer_protocol", /more credits on port \d+ than a u32 holds/, ({ peer, tx }) =>
      peer.says(frames.credits(tx, 0xffff_ffff), frames.credits(tx, 0xffff_ffff)),
    );
  });

  test("F17 credits of 0, and for unknown ports, are tolerated", async () => {
    const { peer, conn, tx } = await established({ send: t.str, codec: json });
    peer.says(frames.credits(tx, 0), frames.credits(77_777, 5));
    await conn.tx.send("still here");
    await until(
      () => said(peer.said) === '"still here"',
      () => "it was sent",
    );
    await endOrderly(peer, conn);
  });

  test("F18 SendFinish for an unknown port", async () => {
    await expectFailure("peer_protocol", /port 77777/, ({ peer }) => peer.says(frames.sendFinish(77_777)));
  });

  test("F18 SendFinish twice fails the connection, after the first one ended the channel", async () => {
    const { peer, conn, sender, port } = await attacked();
    peer.says(frames.sendFinish(port), frames.sendFinish(port));
    expect(await codeOf(conn.closed)).toBe("peer_protocol");
    expect(await sender.closed()).toMatch(/^(dropped|failed)$/);
  });

  test("F19 ReceiveClose twice, and after ReceiveFinish, fails; ReceiveFinish twice is tolerated", async () => {
    for (const [first, second] of [
      ["0b", "0b"],
      ["0c", "0b"],
    ] as const) {
      const { peer, conn, tx, clock } = await established({ send: t.str });
      peer.says(first + u32(tx), second + u32(tx));
      expect(await codeOf(conn.closed)).toBe("peer_protocol");
      expect(await codeOf(conn.tx.send("x"))).toMatch(/^(remote_closed|peer_protocol)$/);
      expect(clock.timers).toBe(0);
    }
    const { peer, conn, tx } = await established({ send: t.str });
    peer.says(frames.receiveFinish(tx), frames.receiveFinish(tx));
    expect(await codeOf(conn.tx.send("x"))).toBe("remote_closed");
    expect(conn.state).toBe("open");
    await endOrderly(peer, conn);
  });

  test("F21 Goodbye with open channels ends everything at once with one error, and frames behind it are ignored", async () => {
    const at = await attacked();
    const { peer, conn, rx, clock } = at;
    const pending = everythingPending(at);
    await turns(2);
    peer.says(frames.data(rx, 1), "22", frames.goodbye, frames.data(rx), "00", frames.data(77_777), "00", "ff", "");
    const errors = await Promise.all(pending.promises.map(errorOf));
    expect(new Set(errors).size).toBe(1);
    expect(errors[0]).toMatchObject({ code: "remote_connection_closed" });
    expect(await conn.closed).toEqual({ by: "peer" });
    expect(peer.said.at(-1)).toBe(frames.goodbye);
    expect(peer.said.filter((frame) => frame.startsWith("0a")).length, "no channel ends as if in order").toBe(1);
    expect([conn.stats().ports, conn.stats().bufferedBytes, clock.timers, peer.closed]).toEqual([0, 0, 0, true]);
  });
});

describe("S: state and lifetime", () => {
  test("S11 a value whose ports never come waits until its channel ends, and then fails alone", async () => {
    const { peer, conn, rx } = await established({ receive: t.oneshot.sender(t.u8), codec: json });
    const receiving = conn.rx.recv();
    peer.says(frames.data(rx), Buffer.from(senderJson(0x55)));
    await turns(3);
    peer.says(frames.sendFinish(rx));
    expect(await codeOf(receiving)).toBe("peer_missing_ports");
    expect(await conn.rx.recv()).toBeUndefined();
    expect(conn.stats().ports).toBeLessThanOrEqual(2);
    await endOrderly(peer, conn);
  });

  test("S12 the next value instead of the ports drops the one before, and is delivered", async () => {
    const type = t.struct({ half: t.option(t.oneshot.sender(t.u8)), n: t.u8 });
    const { peer, conn, rx } = await established({ receive: type, codec: json });
    peer.says(frames.data(rx), Buffer.from(`{"half":${senderJson(0x55)},"n":1}`));
    peer.says(frames.data(rx), Buffer.from('{"half":null,"n":2}'));
    expect(await codeOf(conn.rx.recv())).toBe("peer_missing_ports");
    expect(await conn.rx.recv()).toEqual({ half: null, n: 2 });
    await endOrderly(peer, conn);
  });

  test("S12 a value that only a part of its ports came for lets go of that part when it is given up", async () => {
    const type = t.vec(t.mpsc.sender(t.u8));
    const { peer, conn, rx } = await established({ receive: type, codec: json });
    peer.says(frames.data(rx), Buffer.from(`[${senderJson(0x55)},${senderJson(0x56)}]`), frames.portData(rx, [0x55]));
    expect(await codeOf(conn.rx.recv())).toBe("peer_missing_ports");
    const port = numberAt(await peer.hears(`05${u32(0x55)}`), 5);
    peer.says(frames.data(rx), Buffer.from("[]"));
    expect(await conn.rx.recv()).toEqual([]);
    await peer.hears(frames.sendFinish(0x55));
    peer.says(frames.sendFinish(port), frames.receiveFinish(port));
    await until(
      () => conn.stats().ports === 2,
      () => `the port was free, not ${conn.stats().ports}`,
    );
    await endOrderly(peer, conn);
  });

  test("S12 a later list completes a value whose first list was too short", async () => {
    const type = t.vec(t.mpsc.sender(t.u8));
    const { peer, conn, rx } = await established({ receive: type, codec: json });
    peer.says(frames.data(rx), Buffer.from(`[${senderJson(0x55)},${senderJson(0x56)}]`), frames.portData(rx, [0x55]));
    expect(await codeOf(conn.rx.recv())).toBe("peer_missing_ports");
    peer.says(frames.portData(rx, [0x56]));
    expect((await conn.rx.recv())?.length).toBe(2);
    await endOrderly(peer, conn);
  });

  test("S12 ports that nobody expects are refused", async () => {
    const { peer, conn, rx } = await established({ receive: t.u8, codec: json });
    peer.says(frames.portData(rx, [0x66, 0x67]), frames.data(rx), Buffer.from("7"));
    expect(await conn.rx.recv()).toBe(7);
    await peer.hears(frames.rejected(0x66));
    await peer.hears(frames.rejected(0x67));
    await endOrderly(peer, conn);
  });

  test("S12 two halves with one id are a value that cannot be read", async () => {
    const { peer, conn, rx } = await established({ receive: t.vec(t.mpsc.sender(t.u8)), codec: json });
    peer.says(frames.data(rx), Buffer.from(`[${senderJson(0x55)},${senderJson(0x55)}]`), frames.portData(rx, [0x55]));
    expect(await codeOf(conn.rx.recv())).toBe("peer_decode");
    peer.says(frames.data(rx), Buffer.from("[]"));
    expect(await conn.rx.recv()).toEqual([]);
    await peer.hears(frames.rejected(0x55));
    await endOrderly(peer, conn);
  });

  test("S13 a peer that refuses our base channel is told apart, and nothing stays open", async () => {
    const { peer, clock, connected } = connecting();
    await turns(1);
    peer.says(frames.reset, hello(), frames.openPort(PEER.opened));
    const tx = numberAt(await peer.hears("04"), 1);
    peer.says(frames.rejected(tx));
    expect(await codeOf(connected)).toBe("remote_rejected");
    expect([peer.closed, clock.timers]).toEqual([true, 0]);
  });

  test("S13 a peer that accepts no port at all is told apart, and nothing stays open", async () => {
    const { peer, clock, connected } = connecting();
    await turns(1);
    peer.says(frames.reset, hello(), frames.listenerFinish, frames.clientFinish);
    expect(await codeOf(connected)).toBe("remote_rejected");
    expect([peer.closed, clock.timers]).toEqual([true, 0]);
  });

  test("S13 a peer that never answers Goodbye is waited for two and a half seconds at most", async () => {
    const { peer, conn, clock } = await established();
    const closing = outcome(conn.close());
    await peer.hears(frames.goodbye);
    clock.advance(2_500);
    await closing;
    expect(await conn.closed).toEqual({ by: "local" });
    expect([peer.closed, clock.timers]).toEqual([true, 0]);
  });

  test("S13 a transport that takes nothing cannot keep close() from ending", async () => {
    const { peer, conn, clock } = await established({ send: t.str });
    peer.room = 0;
    await conn.tx.send("never leaves");
    const closing = outcome(conn.close());
    clock.advance(2_500);
    await closing;
    expect([conn.state, peer.closed, clock.timers]).toEqual(["closed", true, 0]);
  });

  test("S13 a transport that takes nothing, and a peer that answers nothing, end terminate() in half a second", async () => {
    for (const room of [0, 1 << 20]) {
      const { peer, conn, clock } = await established({ send: t.str });
      peer.room = room;
      await conn.tx.send("never leaves, or has left");
      const pending = outcome(conn.tx.closed());
      const terminating = outcome(conn.terminate());
      expect(await pending).toMatchObject({ error: { code: "local_closed" } });
      await turns(2);
      expect(conn.state).toBe("closing");
      clock.advance(500);
      await terminating;
      expect([conn.state, peer.closed, clock.timers]).toEqual(["closed", true, 0]);
    }
  });

  test("R06 a peer that lives and reads nothing is given up after half the timeout, and little was accepted for it", async () => {
    const { peer, conn, clock } = await established({ send: t.str, timeoutMs: 60_000 });
    peer.room = 0;
    const sends = Array.from({ length: 100 }, () => outcome(conn.tx.send("x".repeat(10_000))));
    await turns(3);
    for (let seconds = 0; seconds < 29; seconds += 1) {
      clock.advance(1_000);
      peer.says(frames.ping);
      await turns(1);
    }
    expect(conn.state).toBe("open");
    clock.advance(2_000);
    expect(await codeOf(conn.closed)).toBe("peer_timeout");
    const accepted = (await Promise.all(sends)).filter((result) => "value" in result);
    // 64 KiB.
    expect(accepted.length).toBeLessThanOrEqual(6);
    expect([peer.closed, clock.timers]).toEqual([true, 0]);
  });

  test("S14 a transport that fails inside of send() fails the connection once, and throws nowhere", async () => {
    const at = await attacked();
    const { conn, peer } = at;
    const broken = new CuttleError("transport_lost", "the carrier broke while sending");
    let broke = false;
    peer.onSend = () => {
      if (broke) return;
      broke = true;
      peer.fails(broken);
    };
    const errors = await Promise.all([conn.tx.send("one"), conn.tx.send("two"), conn.tx.closed()].map(outcome));
    expect(errors.at(-1)).toEqual({ error: broken });
    expect(await errorOf(conn.closed)).toBe(broken);
    await turns(3);
  });
});

describe("C: credits", () => {
  test("C01 one byte beyond the window fails the connection, with the numbers", async () => {
    const { peer, conn, rx } = await established({ receive: t.str, codec: json, limits: SMALL });
    for (let at = 0; at < 4; at += 1) peer.says(frames.data(rx, at === 0 ? 1 : 0), new Uint8Array(16));
    expect(conn.state).toBe("open");
    peer.says(frames.data(rx, 0), "00");
    const error = await errorOf(conn.closed);
    expect(error).toMatchObject({ code: "peer_protocol" });
    expect((error as CuttleError).message).toMatch(/sent 1 bytes on port \d+ with only 0 credits/);
  });

  test("C02 more credits than asked for are used, but chunks stay small and sends wait for room in the transport", async () => {
    const { peer, conn, tx } = await established({ send: t.str, codec: json }, { window: 64, chunk: 16 });
    peer.says(frames.credits(tx, 0x7000_0000));
    peer.room = 0;
    const sends = Array.from({ length: 400 }, () => outcome(conn.tx.send("x".repeat(998))));
    let resolved = 0;
    for (const send of sends) void send.then(() => (resolved += 1));
    await turns(3);
    // The bound of the connection's own queue.
    expect(resolved).toBe(Math.floor((64 * 1024) / 1000));
    peer.drains();
    await until(
      () => resolved === 400,
      () => "all was sent",
    );
    expect(payloads(peer.said).every((chunk) => chunk.length <= 16)).toBe(true);
    await endOrderly(peer, conn);
  });
});

describe("D: values", () => {
  test.each([
    ["json", "postbag"],
    ["postbag", "json"],
  ])(
    "D14 a peer that writes %s to a side that reads %s gives an error that suggests a codec mismatch",
    async (from, to) => {
      const codecs = { json, postbag };
      const type = t.struct({ name: t.str, size: t.u32, list: t.vec(t.u16) });
      const clock = new VirtualClock();
      const { a, b } = memoryPair();
      const [one, other] = await Promise.all([
        connectTransport(a, { send: type, codec: codecs[from as "json"], clock, seed: 1 }),
        connectTransport(b, { receive: type, codec: codecs[to as "json"], clock, seed: 2 }),
      ]);
      await one.tx.send({ name: "a name", size: 70_000, list: [1, 2, 300] });
      const error = await errorOf(other.rx.recv());
      expect(error).toMatchObject({ code: "peer_decode" });
      expect((error as CuttleError).message).toMatch(/codec/);
      await Promise.all([one.close(), other.close()]);
    },
  );
});

describe("a peer that only echoes", () => {
  test("is recognised when it returns our own request, and the message says so", async () => {
    const { peer, clock, connected } = connecting();
    const queue: Uint8Array[] = [];
    peer.onSend = (frame) => queue.push(Uint8Array.from(frame));
    const result = outcome(connected);
    for (let round = 0; round < 20 && !peer.closed; round += 1) {
      await turns(1);
      peer.says(...queue.splice(0));
    }
    const { error } = (await result) as { error: CuttleError };
    expect(error).toMatchObject({ code: "peer_not_remoc" });
    expect(error.message).toMatch(/echo server/);
    expect([peer.closed, clock.timers]).toEqual([true, 0]);
  });
});

/** Headers and payloads of what was sent to the peer: a payload follows each Data header. */
function split(said: readonly string[]): { headers: string[]; payloads: Buffer[] } {
  const headers: string[] = [];
  const payloads: Buffer[] = [];
  let isPayload = false;
  for (const frame of said) {
    if (isPayload) payloads.push(Buffer.from(frame, "hex"));
    else headers.push(frame);
    isPayload = !isPayload && frame.startsWith("07");
  }
  return { headers, payloads };
}

function payloads(said: readonly string[]): Buffer[] {
  return split(said).payloads;
}

/** All payloads in a row. */
function said(frames: readonly string[]): string {
  return Buffer.concat(payloads(frames)).toString();
}

/** Ports in all lists. */
function listed(said: readonly string[]): number {
  const lists = split(said).headers.filter((frame) => frame.startsWith("08"));
  return lists.reduce((sum, frame) => sum + (frame.length / 2 - 6) / 8, 0);
}

function senderJson(port: number): string {
  return `{"port":${port},"data":null,"codec":null,"max_item_size":1000}`;
}

async function endOrderly(
  peer: Scripted,
  conn: { close(): Promise<void>; closed: Promise<unknown>; stats(): { ports: number; bufferedBytes: number } },
): Promise<void> {
  const closing = outcome(conn.close());
  await peer.hears(frames.goodbye);
  peer.says(frames.goodbye);
  await closing;
  await conn.closed;
  expect(conn.stats()).toMatchObject({ ports: 0, bufferedBytes: 0 });
  expect(peer.closed).toBe(true);
}
