import { describe, expect, test } from "vitest";
import { json } from "../codec/json.ts";
import { postbag } from "../codec/postbag.ts";
import * as t from "../schema/index.ts";
import { watchHalf } from "./shapes.ts";
import * as watch from "./watch.ts";

describe("a watch channel without any connection", () => {
  test("a receiver sees the initial value, then the newest one, then the end", async () => {
    const [tx, rx] = watch.channel(t.u32, 1);
    expect([rx.borrow(), rx.hasChanged()]).toEqual([1, false]);
    for (const number of [2, 3, 4]) tx.send(number);
    expect([rx.hasChanged(), rx.borrow(), rx.hasChanged()]).toEqual([true, 4, true]);
    expect(await rx.changed()).toBe(true);
    expect([rx.hasChanged(), rx.borrowAndUpdate()]).toEqual([false, 4]);
    const waiting = rx.changed();
    tx.close();
    expect(await waiting).toBe(false);
    expect(rx.borrow()).toBe(4);
  });

  test("what was not seen when the sender closed is still told of, once", async () => {
    const [tx, rx] = watch.channel(t.u32, 1);
    tx.send(2);
    tx.close();
    expect([await rx.changed(), await rx.changed()]).toEqual([true, false]);
  });

  test("marks decide whether the current value counts as seen", async () => {
    const [tx, rx] = watch.channel(t.u32, 1);
    rx.markChanged();
    expect([rx.hasChanged(), await rx.changed()]).toEqual([true, true]);
    tx.send(2);
    rx.markUnchanged();
    expect(rx.hasChanged()).toBe(false);
  });

  test("waitFor looks at the current value first, and fails when the sender ends before", async () => {
    const [tx, rx] = watch.channel(t.u32, 1);
    expect(await rx.waitFor((value) => value === 1)).toBe(1);
    const waiting = rx.waitFor((value) => value > 2);
    tx.send(2);
    await Promise.resolve();
    tx.send(3);
    expect(await waiting).toBe(3);
    tx.close();
    await expect(rx.waitFor((value) => value > 9)).rejects.toThrow("remote_closed");
  });

  test("a clone has seen what its original has, and a subscription what there was", () => {
    const [tx, rx] = watch.channel(t.u32, 1);
    tx.send(2);
    const clone = rx.clone();
    expect([clone.hasChanged(), tx.subscribe().hasChanged(), tx.receiverCount]).toEqual([true, false, 3]);
  });

  test("send throws when nobody looks, sendReplace and sendModify do not, and subscribing opens it again", async () => {
    const [tx, rx] = watch.channel(t.str, "a");
    rx.drop();
    rx.drop();
    await tx.closed();
    expect(() => tx.send("b")).toThrow("remote_closed");
    expect([tx.borrow(), tx.sendReplace("c")]).toEqual(["a", "a"]);
    tx.sendModify((text) => `${text}d`);
    const again = tx.subscribe();
    expect([again.borrow(), tx.isClosed]).toEqual(["cd", false]);
    tx.send("e");
    expect(again.borrow()).toBe("e");
  });

  test("a dropped receiver and a closed sender say that they are spent", async () => {
    const [tx, rx] = watch.channel(t.u32, 1);
    const waiting = rx.changed();
    rx.drop();
    expect(await waiting).toBe(false);
    expect(() => rx.borrow()).toThrow("local_half_used");
    tx.close();
    expect(() => tx.send(2)).toThrow("local_half_used");
  });

  test("an iteration skips what comes faster than it looks", async () => {
    const [tx, rx] = watch.channel(t.u32, 0);
    const seen: number[] = [];
    for await (const value of rx) {
      seen.push(value);
      for (const more of [1, 2, 3]) if (value < 9) tx.send(value + more);
      if (value >= 9) tx.close();
    }
    expect(seen).toEqual([0, 3, 6, 9]);
    expect(tx.receiverCount).toBe(0);
  });
});

describe("the shape of watch halves", () => {
  const shape = watchHalf(t.u32, "Receiver");
  const context = { maxBytes: 1_000, transport: () => undefined };
  const receiving = { receive: () => undefined };
  const plain = { port: 13, data: { Ok: 300 }, codec: null, max_item_size: 16_777_216n };

  test("is what remoc writes", () => {
    expect(new TextDecoder().decode(json.encode(shape, plain, context))).toBe(
      '{"port":13,"data":{"Ok":300},"codec":null,"max_item_size":16777216}',
    );
    expect(Buffer.from(postbag.encode(shape, { ...plain, port: 127 }, context)).toString("hex")).toBe(
      "0404706f7274017f046461746105024f6bac0205636f646563000d6d61785f6974656d5f73697a650480808008",
    );
  });

  test("may have more fields, as those of 0.19 and 0.20, and leave others out", () => {
    const text =
      '{"port":4,"data":{"Ok":1},"codec":null,"max_item_size":16777216,' +
      '"rate_limit":{"secs":0,"nanos":0},"transfer_strategy":"ChannelBuffered"}';
    const read = (source: string): unknown => json.decode(shape, new TextEncoder().encode(source), receiving);
    expect(read(text)).toEqual({ port: 4, data: { Ok: 1 }, codec: null, max_item_size: 16_777_216n });
    expect(read('{"port":4,"data":{"Ok":1}}')).toEqual({ port: 4, data: { Ok: 1 }, codec: null, max_item_size: 0n });
  });
});
