/** Holds the laws of ARCHITECTURE.md that no other test holds. */

import { describe, expect, test } from "vitest";
import { CuttleError, connect, memoryPair, mpsc, oneshot, type Transport, t } from "../../ts/index.ts";
import { read } from "./examples.ts";

describe("law 2: payload bytes never enter wasm memory", () => {
  test("a value of 1 MiB costs a few kilobytes at the border of the core, on either side", async () => {
    const { a, b } = memoryPair();
    const [near, far] = await Promise.all([connect(a, { send: t.bytes }), connect(b, { receive: t.bytes })]);
    const before = [near, far].map((conn) => conn.stats().coreCopiedBytes);
    const value = new Uint8Array(1024 * 1024);
    const received = far.rx.recv();
    await near.tx.send(value);
    expect((await received)?.length).toBe(value.length);
    const copied = [near, far].map((conn, at) => conn.stats().coreCopiedBytes - (before[at] ?? 0));
    for (const bytes of copied) expect(bytes).toBeLessThan(value.length / 100);
    await near.close();
  });
});

describe("law 3: only numbers cross the border", () => {
  const glue = read("wasm-core/pkg/cuttle_core.d.ts");
  const mux = /export class Mux \{([\s\S]*?)\n\}/.exec(glue)?.[1] ?? "";
  const methods = [...mux.matchAll(/^ {4}(?:static )?(\w+)\(([^)]*)\): ([^;]+);/gm)];

  test("every argument and result is a number, a truth value or nothing", () => {
    expect(methods.length).toBeGreaterThan(20);
    for (const [, name, parameters = "", result] of methods) {
      const types = parameters === "" ? [] : parameters.split(",").map((one) => one.split(":")[1]?.trim());
      const odd = types.filter((type) => type !== "number" && type !== "boolean");
      expect({ name, odd }).toEqual({ name, odd: [] });
      if (name !== "start") expect(["number", "boolean", "void"]).toContain(result);
    }
  });

  test("the page on architecture names every method", () => {
    const architecture = read("ARCHITECTURE.md");
    const missing = methods
      .map(([, name = ""]) => name)
      .filter((name) => name !== "free" && !architecture.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });
});

describe("law 4: pull, never push", () => {
  test("a transport without room is handed nothing, and everything once it has room", async () => {
    const { a, b } = memoryPair();
    const gate = gated(a);
    const [near, far] = await Promise.all([connect(gate.transport, { send: t.str }), connect(b, { receive: t.str })]);
    gate.close();
    for (const text of ["one", "two", "three"]) await near.tx.send(text);
    const sent = near.stats().framesSent;
    await tasks(5);
    expect(near.stats().framesSent).toBe(sent);
    gate.open();
    expect([await far.rx.recv(), await far.rx.recv(), await far.rx.recv()]).toEqual(["one", "two", "three"]);
    await near.close();
  });
});

describe("law 6: every pending promise settles exactly once", () => {
  test("when the transport ends, everything rejects with the same error", async () => {
    const pair = memoryPair();
    const Halves = t.struct({
      tx: t.mpsc.sender(t.u32),
      rx: t.mpsc.receiver(t.u32),
      answer: t.oneshot.receiver(t.u32),
    });
    const [near, far] = await Promise.all([connect(pair.a, { send: Halves }), connect(pair.b, { receive: Halves })]);
    const [tx, ownRx] = mpsc.channel(t.u32);
    const [ownTx, rx] = mpsc.channel(t.u32);
    const [ownAnswer, answer] = oneshot.channel(t.u32);
    await near.tx.send({ tx, rx, answer });
    const halves = await far.rx.recv();
    if (halves === undefined) throw new Error("the value did not come");
    const pending = [
      near.closed,
      far.closed,
      near.tx.closed(),
      far.rx.recv(),
      ownRx.recv(),
      halves.rx.recv(),
      halves.answer.recv(),
    ];
    await tasks(5);
    pair.cut();
    const outcomes = await Promise.allSettled(pending);
    const codes = outcomes.map((one) => one.status === "rejected" && CuttleError.is(one.reason) && one.reason.code);
    expect(codes).toEqual(pending.map(() => "transport_lost"));
    for (const sender of [ownTx, ownAnswer]) {
      await expect(sender.send(1)).rejects.toMatchObject({ code: "transport_lost" });
    }
  });
});

/** `transport` with a door before its room. */
function gated(transport: Transport): { transport: Transport; open(): void; close(): void } {
  let isOpen = true;
  let writable = (): void => {};
  return {
    transport: {
      kind: transport.kind,
      start(sink) {
        writable = () => sink.writable();
        return transport.start(sink);
      },
      capacity: () => (isOpen ? transport.capacity() : 0),
      send: (frame) => transport.send(frame),
      flush: () => transport.flush(),
      close: () => transport.close(),
    },
    open() {
      isOpen = true;
      writable();
    },
    close() {
      isOpen = false;
    },
  };
}

/** Lets a number of tasks pass. */
async function tasks(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await new Promise<void>((resolve) => setImmediate(resolve));
}
