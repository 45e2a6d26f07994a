import { expect, test } from "vitest";
import { CuttleError } from "../errors/error.ts";
import * as bin from "./bin.ts";

test("a channel works without any connection, and hands out the very array that was sent", async () => {
  const [tx, rx] = bin.channel();
  const bytes = Uint8Array.of(1, 2, 3);
  await tx.send(bytes);
  await tx.send(new Uint8Array(0));
  tx.close();
  expect(await rx.recv()).toBe(bytes);
  expect((await rx.recv())?.length).toBe(0);
  expect(await rx.recv()).toBeUndefined();
});

test("a capacity of 0 lets each sender wait until its message is taken", async () => {
  const [tx, rx] = bin.channel({ capacity: 0 });
  let sent = false;
  const sending = tx.send(Uint8Array.of(1)).then(() => {
    sent = true;
  });
  await Promise.resolve();
  expect(sent).toBe(false);
  await rx.recv();
  await sending;
});

test("a message above the limit, and what is no Uint8Array, are refused", async () => {
  const [tx] = bin.channel({ maxMessageBytes: 3 });
  const codeOf = (error: unknown) => (CuttleError.is(error) ? error.code : error);
  expect(await tx.send(new Uint8Array(4)).catch(codeOf)).toBe("local_item_too_large");
  expect(await tx.send("abc" as never).catch(codeOf)).toBe("local_misuse");
  expect(() => bin.channel({ capacity: -1 })).toThrow("local_misuse");
});

test("a readable stream takes nothing before somebody reads", async () => {
  const [tx, rx] = bin.channel({ capacity: 0 });
  const reader = rx.readable.getReader();
  let sent = false;
  const sending = tx.send(Uint8Array.of(9)).then(() => {
    sent = true;
  });
  await new Promise((resolve) => setTimeout(resolve));
  expect(sent).toBe(false);
  expect((await reader.read()).value).toEqual(Uint8Array.of(9));
  await sending;
  tx.close();
  expect((await reader.read()).done).toBe(true);
});
