import { describe, expect, test } from "vitest";
import { json } from "../codec/json.ts";
import { postbag } from "../codec/postbag.ts";
import { CuttleError } from "../errors/error.ts";
import * as t from "../schema/index.ts";
import * as broadcast from "./broadcast.ts";
import { broadcastMessage, broadcastReceiver, item } from "./shapes.ts";

const codeOf = (error: unknown): unknown => (CuttleError.is(error) ? error.code : error);

describe("a broadcast without any connection", () => {
  test("every receiver gets every value from its subscription on, and the end", async () => {
    const [tx, first] = broadcast.channel(t.u32);
    tx.send(1);
    const second = tx.subscribe();
    expect(tx.send(2)).toBe(2);
    tx.close();
    expect([await first.recv(), await first.recv(), await first.recv()]).toEqual([1, 2, undefined]);
    expect([await second.recv(), await second.recv()]).toEqual([2, undefined]);
  });

  test("a full buffer skips values, says so once at their place, and takes values when there is room again", async () => {
    const [tx, rx] = broadcast.channel(t.u32, { sendBuffer: 2 });
    for (const number of [1, 2, 3, 4]) tx.send(number);
    expect(await rx.recv()).toBe(1);
    // "Lagged" stands in the buffer, too.
    tx.send(5);
    expect(await rx.recv()).toBe(2);
    tx.send(6);
    expect(await rx.recv().catch(codeOf)).toBe("local_lagged");
    expect(await rx.recv()).toBe(6);
    for (const number of [7, 8, 9]) tx.send(number);
    tx.close();
    expect([await rx.recv(), await rx.recv()]).toEqual([7, 8]);
    expect(await rx.recv().catch(codeOf)).toBe("local_lagged");
    expect(await rx.recv()).toBeUndefined();
  });

  test("a receiver that waits gets a value although its buffer is small", async () => {
    const [tx, rx] = broadcast.channel(t.u32, { sendBuffer: 1 });
    for (const number of [1, 2, 3]) {
      const waiting = rx.recv();
      tx.send(number);
      expect(await waiting).toBe(number);
    }
  });

  test("a dropped receiver is forgotten with what waited for it", async () => {
    const [tx, rx] = broadcast.channel(t.u32, { sendBuffer: 1 });
    for (const number of [1, 2, 3]) tx.send(number);
    rx.drop();
    await Promise.resolve();
    expect([tx.receiverCount, tx.send(4)]).toEqual([0, 0]);
  });

  test("a feeder publishes, and ends with the sender", async () => {
    const [tx, rx] = broadcast.channel(t.u32);
    const feeder = tx.feeder();
    await feeder.send(1);
    expect(await rx.recv()).toBe(1);
    tx.close();
    await feeder.send(2);
    expect(await feeder.closed()).toBe("dropped");
    expect(await rx.recv()).toBeUndefined();
  });

  test("wrong calls are told", () => {
    const tx = new broadcast.Sender(t.u32);
    expect(() => tx.subscribe({ sendBuffer: 0 })).toThrow("local_misuse");
    tx.close();
    expect(() => tx.send(1)).toThrow("local_closed");
    expect(() => tx.subscribe()).toThrow("local_closed");
  });
});

test("the shapes of a receiver and of an item are what remoc writes", () => {
  const context = { maxBytes: 1_000, transport: () => undefined };
  const rx = { port: 17, data: null, codec: null, closed: false, max_item_size: 16_777_216n };
  expect(new TextDecoder().decode(json.encode(broadcastReceiver, { rx }, context))).toBe(
    '{"rx":{"port":17,"data":null,"codec":null,"closed":false,"max_item_size":16777216}}',
  );
  expect(Buffer.from(postbag.encode(broadcastReceiver, { rx: { ...rx, port: 131 } }, context)).toString("hex")).toBe(
    "01027278320504706f727402830104646174610005636f6465630006636c6f73656401000d6d61785f6974656d5f73697a650480808008",
  );
  const message = item(broadcastMessage(t.u32));
  expect(Buffer.from(postbag.encode(message, { Ok: { Value: 7 } }, context)).toString("hex")).toBe(
    "024f6b0556616c756507",
  );
  expect(new TextDecoder().decode(json.encode(message, { Ok: "Lagged" }, context))).toBe('{"Ok":"Lagged"}');
  // A value that is nothing is still a value.
  const unit = item(broadcastMessage(t.unit));
  expect(new TextDecoder().decode(json.encode(unit, { Ok: { Value: null } }, context))).toBe('{"Ok":{"Value":null}}');
});

test("clones keep the receivers waiting until all are closed, weak senders do not", async () => {
  const [tx, rx] = broadcast.channel(t.u32);
  const weak = tx.downgrade();
  const clone = weak.upgrade();
  expect([tx.strongCount, weak.strongCount]).toEqual([2, 2]);
  tx.close();
  tx.close();
  expect(() => tx.send(1)).toThrow("local_closed");
  clone?.send(2);
  expect(rx.tryRecv()).toEqual({ value: 2 });
  expect(rx.tryRecv()).toBe("empty");
  clone?.close();
  expect([weak.upgrade(), weak.strongCount]).toEqual([undefined, 0]);
  await Promise.resolve();
  expect([await rx.recv(), rx.tryRecv()]).toEqual([undefined, "closed"]);
});

test("sendAndWait counts the receivers that got the value, not those that lag or left", async () => {
  const [tx, slow] = broadcast.channel(t.u32, { sendBuffer: 1 });
  const [quick, gone] = [tx.subscribe(), tx.subscribe()];
  gone.drop();
  tx.send(1);
  expect(await quick.recv()).toBe(1);
  const sending = tx.sendAndWait(2);
  expect(await quick.recv()).toBe(2);
  expect(await sending).toBe(1);
  expect(await slow.recv()).toBe(1);
  await expect(slow.recv()).rejects.toThrow("local_lagged");
});
