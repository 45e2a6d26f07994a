import { expect, test } from "vitest";
import { json } from "../codec/json.ts";
import { postbag } from "../codec/postbag.ts";
import * as t from "../schema/index.ts";
import * as lr from "./lr.ts";
import { binHalf, lrHalf } from "./shapes.ts";

test("a channel works without any connection", async () => {
  const [tx, rx] = lr.channel(t.str);
  await tx.send("one");
  rx.close();
  expect(await tx.closed()).toBe("closed");
  await expect(tx.send("two")).rejects.toThrow("remote_closed");
  expect([await rx.recv(), await rx.recv()]).toEqual(["one", undefined]);
  expect(() => lr.channel(t.str, { capacity: Number.NaN })).toThrow("local_misuse");
});

test("the shapes of lr and bin halves are what remoc writes", () => {
  const context = { maxBytes: 1_000, transport: () => undefined };
  const half = { port: 19, data: null, codec: null, max_item_size: 16_777_216n };
  expect(new TextDecoder().decode(json.encode(lrHalf, half, context))).toBe(
    '{"port":19,"data":null,"codec":null,"max_item_size":16777216}',
  );
  expect(Buffer.from(postbag.encode(lrHalf, { ...half, port: 133 }, context)).toString("hex")).toBe(
    "0404706f727402850104646174610005636f646563000d6d61785f6974656d5f73697a650480808008",
  );
  expect(Buffer.from(postbag.encode(binHalf, { port: 137 }, context)).toString("hex")).toBe("0104706f7274028901");
});
