import { describe, expect, test } from "vitest";
import type { RawPort } from "../../ts/mux.ts";
import { assertNothingLeft, muxPair, portBetween, TINY } from "./support/muxes.ts";
import { codeOf, errorOf, turns, watch } from "./support/wait.ts";

describe("opening", () => {
  test("a request shows its label, and the port carries bytes both ways", async () => {
    const { a, b, clock } = await muxPair();
    const opening = a.open({ id: 0xdeadbeef });
    const request = await b.accept();
    expect([request?.id, request?.isInList]).toEqual([0xdeadbeef, false]);
    const far = request?.accept() as RawPort;
    const near = await opening;
    await Promise.all([near.send(bytes("to b")), far.send(bytes("to a"))]);
    expect([await text(far), await text(near)]).toEqual(["to b", "to a"]);
    await assertNothingLeft(clock, a, b);
  });

  test("a rejection says whether it was for want of ports", async () => {
    const { a, b, clock } = await muxPair();
    for (const noPorts of [false, true]) {
      const opening = errorOf(a.open());
      (await b.accept())?.reject({ noPorts });
      expect(await opening).toMatchObject({ code: "remote_rejected", data: { noPorts } });
    }
    await assertNothingLeft(clock, a, b);
  });

  test("a request is answered once", async () => {
    const { a, b, clock } = await muxPair();
    const opening = a.open();
    const request = await b.accept();
    request?.accept();
    expect(() => request?.reject()).toThrow(/answered before/);
    await opening;
    await assertNothingLeft(clock, a, b);
  });

  test("an aborted opening rejects with the reason, and a port that is accepted later is ended", async () => {
    const { a, b, clock } = await muxPair();
    const controller = new AbortController();
    const opening = errorOf(a.open({ signal: controller.signal }));
    const request = await b.accept();
    controller.abort("enough");
    expect(await opening).toBe("enough");
    const far = request?.accept() as RawPort;
    expect(await far.receive()).toBeUndefined();
    expect(await far.closed()).toBe("dropped");
    far.finish();
    await turns(4);
    expect([a.stats().ports, b.stats().ports]).toEqual([0, 0]);
    await assertNothingLeft(clock, a, b);
  });

  test("when neither side can request a port and all have ended the connection ends by itself", async () => {
    const { a, b, clock } = await muxPair();
    const [near, far] = await portBetween(a, b);
    for (const mux of [a, b]) {
      mux.closeClient();
      mux.closeListener();
    }
    expect(await b.accept()).toBeUndefined();
    expect(await codeOf(a.open())).toBe("remote_rejected");
    near.finish();
    far.finish();
    expect(["local", "peer"]).toContain((await a.closed).by);
    await assertNothingLeft(clock, a, b);
  });
});

describe("messages", () => {
  test("a message in pieces is one message, and one that is cancelled is not seen whole", async () => {
    const { a, b, clock } = await muxPair(TINY);
    const [near, far] = await portBetween(a, b);
    const given = near.startMessage();
    await given.send(bytes("given up"));
    await expect(near.send(bytes("x"))).rejects.toMatchObject({ code: "local_misuse" });
    given.cancel();
    await expect(given.send(bytes("x"))).rejects.toMatchObject({ code: "local_misuse" });
    const writer = near.startMessage();
    const written = (async () => {
      for (const piece of ["", "a piece, ", "another one that is long, ", "and more"]) await writer.send(bytes(piece));
      await writer.end();
      await near.startMessage().end(bytes("next"));
    })();
    expect(await text(far)).toBe("a piece, another one that is long, and more");
    expect(await text(far)).toBe("next");
    await written;
    await assertNothingLeft(clock, a, b);
  });

  test("pieces come as they arrive, and no more than a window before they are taken", async () => {
    const { a, b, clock } = await muxPair(TINY);
    const [near, far] = await portBetween(a, b);
    const message = new Uint8Array(1000).map((_, at) => at);
    const sending = watch(near.send(message));
    await turns(20);
    expect(far.stats().unreadBytes).toBe(64);
    const pieces: Uint8Array[] = [];
    for (;;) {
      const piece = await far.receivePiece();
      if (piece?.kind !== "bytes") throw new Error("no bytes");
      expect([piece.first, piece.bytes.length <= 64]).toEqual([pieces.length === 0, true]);
      pieces.push(piece.bytes);
      if (piece.last) break;
      await turns(6);
      expect(far.stats().unreadBytes).toBeLessThanOrEqual(64);
    }
    expect(Buffer.concat(pieces)).toEqual(Buffer.from(message));
    await turns(4);
    expect(sending.settled).toBe(true);
    await assertNothingLeft(clock, a, b);
  });

  test("a message above the limit is skipped and its size told", async () => {
    const { a, b, clock } = await muxPair(TINY);
    const [near, far] = await portBetween(a, b);
    far.maxMessageBytes = 100;
    void near.send(new Uint8Array(500));
    void near.send(bytes("small"));
    expect(await far.receive()).toEqual({ kind: "too-large", sizeBytes: 500 });
    expect(await text(far)).toBe("small");
    await assertNothingLeft(clock, a, b);
  });

  test("ports are requested over ports, each with its label and its answer", async () => {
    const { a, b, clock } = await muxPair(TINY);
    const [near, far] = await portBetween(a, b);
    await near.send(bytes("before"));
    const [one, two, three] = await near.connect([7, 8, 9]);
    await near.send(bytes("after"));
    expect(await text(far)).toBe("before");
    const list = await far.receive();
    if (list?.kind !== "ports") throw new Error("no list");
    expect(list.requests.map(({ id, isInList }) => [id, isInList])).toEqual([
      [7, true],
      [8, true],
      [9, true],
    ]);
    expect(await text(far)).toBe("after");
    const accepted = list.requests[0]?.accept();
    list.requests[1]?.reject();
    list.requests[2]?.reject({ noPorts: true });
    await one?.opened;
    expect(await errorOf(two?.opened as Promise<void>)).toMatchObject({ data: { noPorts: false } });
    expect(await errorOf(three?.opened as Promise<void>)).toMatchObject({ data: { noPorts: true } });
    await one?.send(bytes("nested"));
    expect(await text(accepted as RawPort)).toBe("nested");
    await assertNothingLeft(clock, a, b);
  });

  test("a list that waits for credit can be aborted, and its ports come to nothing", async () => {
    const { a, b, clock } = await muxPair(TINY);
    const [near, far] = await portBetween(a, b);
    await near.send(new Uint8Array(64));
    const controller = new AbortController();
    const connecting = errorOf(near.connect(2, { signal: controller.signal }));
    await turns(6);
    expect(near.stats()).toMatchObject({ queuedMessages: 1, creditBytes: 0, waitsFor: "credit", unreadBytes: 0 });
    controller.abort("enough");
    expect(await connecting).toBe("enough");
    expect(a.stats().ports).toBe(1);
    expect(far.stats().waitsFor).toBeUndefined();
    await assertNothingLeft(clock, a, b);
  });

  test("a receiver that closes still gets what is under way, one that is dropped does not", async () => {
    const { a, b, clock } = await muxPair();
    for (const [how, reason] of [
      ["closeReceive", "closed"],
      ["finishReceive", "dropped"],
    ] as const) {
      const [near, far] = await portBetween(a, b);
      await near.send(bytes("under way"));
      far[how]();
      expect(await near.closed()).toBe(reason);
      expect(await codeOf(near.send(bytes("late")))).toBe("remote_closed");
      near.finish();
      expect(await far.receive()).toEqual(
        how === "closeReceive" ? { kind: "bytes", bytes: bytes("under way") } : undefined,
      );
      far.finish();
    }
    await assertNothingLeft(clock, a, b);
  });
});

function bytes(message: string): Uint8Array {
  return new TextEncoder().encode(message);
}

async function text(port: RawPort): Promise<string> {
  const message = await port.receive();
  if (message?.kind !== "bytes") throw new Error(`no bytes but ${JSON.stringify(message)}`);
  return new TextDecoder().decode(message.bytes);
}
