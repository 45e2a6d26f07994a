import { describe, expect, it } from "vitest";
import type { Codec } from "../codec/codec.ts";
import { json } from "../codec/json.ts";
import { postbag } from "../codec/postbag.ts";
import { postbagSlim } from "../codec/postbag-slim.ts";
import { postcard } from "../codec/postcard.ts";
import { bytesOf, hexOf } from "../codec/test-support/value-of.ts";
import type { Descriptor, TransportedDescriptor } from "../schema/descriptor.ts";
import { type Dialect, PLAIN_DIALECT } from "../schema/dialect.ts";
import * as t from "../schema/index.ts";
import type { Embedding, HalfCodec, Receiving } from "./half.ts";
import * as shapes from "./shapes.ts";

const of20 = { ...PLAIN_DIALECT, generation: "0.20" } as const;
const all: Dialect = { ...of20, compact: true, postbag1: true, skipDefaults: true };
const LIMIT = 16_777_216n;
const sender = { port: 2, max_item_size: LIMIT };
const receiver = { port: 2, closed: false, max_item_size: LIMIT };
const five = { port: 2, data: { Ok: 5 }, max_item_size: LIMIT };
const watchReceiver = shapes.watchHalf(t.u32, "Receiver");
const watchSender = shapes.watchHalf(t.u32, "Sender");
const broadcast = shapes.item(shapes.broadcastMessage(t.u32));

const contextOf = (dialect: Dialect) => ({
  dialect,
  maxBytes: 1e6,
  // Of durations: there are no halves in these values.
  transport: ({ options }: TransportedDescriptor, value: unknown): unknown =>
    (options as HalfCodec<Descriptor>).embed(value, { dialect } as Embedding),
  receive: ({ options }: TransportedDescriptor, plain: unknown): unknown =>
    (options as HalfCodec<Descriptor>).receive(plain, { dialect } as Receiving),
});
const hex = (codec: Codec, shape: Descriptor, value: unknown, dialect: Dialect): string =>
  hexOf(codec.encode(shape, value, contextOf(dialect)));
const text = (shape: Descriptor, value: unknown, dialect: Dialect): string =>
  new TextDecoder().decode(json.encode(shape, value, contextOf(dialect)));

// The bytes below were written by remoc 0.20.5.
describe("a half goes to remoc 0.20 in the bytes of remoc 0.20", () => {
  it.each<[string, Descriptor, unknown, string]>([
    ["mpsc sender", shapes.mpscSender, sender, "0141020102"],
    ["closed mpsc sender", shapes.mpscSender, { ...sender, port: null }, "01410100"],
    ["mpsc sender with a limit", shapes.mpscSender, { ...sender, max_item_size: 1000n }, "02410201024202e807"],
    ["parallel mpsc sender", shapes.mpscSender, { ...sender, port: 4, parallel: [2, 3] }, "02410201044303020203"],
    ["mpsc receiver", shapes.mpscReceiver, receiver, "01410102"],
    ["closed mpsc receiver", shapes.mpscReceiver, { ...receiver, closed: true }, "02410102420101"],
    ["watch receiver", watchReceiver, five, "0241010242024105"],
    ["watch sender", watchSender, five, "0241010242024105"],
    ["broadcast receiver", shapes.broadcastReceiver, { rx: receiver }, "014103410102"],
    ["lr half", shapes.lrHalf, sender, "01410102"],
    ["bin half", shapes.binHalf, { port: 2 }, "01410102"],
    ["mpsc item", shapes.item(t.u32), { Ok: 300 }, "c102ac02"],
    ["broadcast item", broadcast, { Ok: { Value: 300 } }, "c10341ac02"],
  ])("%s", (_, shape, value, expected) => {
    expect(hex(postbag, shape, value, all)).toBe(expected);
    expect(postbag.decode(shape, bytesOf(expected), contextOf(all))).toMatchObject(value as object);
  });

  it("without Postbag 1 and without leaving fields out", () => {
    expect(hex(postbag, shapes.mpscSender, sender, { ...all, postbag1: false })).toBe("0141020102");
    const whole = hex(postbag, shapes.mpscSender, sender, { ...all, skipDefaults: false });
    expect(whole).toBe("0341020102420480808008430100");
  });

  it("in its long form, with and without leaving fields out", () => {
    const long = hex(postbag, shapes.mpscSender, sender, { ...all, compact: false });
    expect(long).toBe("0304706f727402010204646174610005636f64656300");
    expect(hex(postbag, shapes.mpscSender, sender, { ...of20, skipDefaults: true })).toBe(long);
    expect(text(shapes.mpscSender, sender, of20)).toBe('{"port":2,"data":null,"codec":null,"max_item_size":16777216}');
  });

  it("in codecs that leave nothing out", () => {
    expect(text(shapes.mpscSender, sender, all)).toBe('{"_0":2,"_1":16777216,"_2":[]}');
    expect(text(watchSender, five, all)).toBe('{"_0":2,"_1":{"_0":5},"_2":16777216,"_3":[0,0],"_4":[0,0],"_5":"_59"}');
    expect(text(broadcast, { Ok: "Lagged" }, all)).toBe('{"_0":"_1"}');
    expect(hex(postbagSlim, shapes.mpscSender, sender, all)).toBe("030701028080800800");
    expect(hex(postbagSlim, shapes.mpscReceiver, receiver, all)).toBe("040702008080800800");
    expect(hex(postcard, shapes.item(t.u32), { Ok: 300 }, all)).toBe("00ac02");
  });

  it("in codecs without names, where every field has its place", () => {
    // port, no markers, limit, no parallel ports
    expect(hex(postcard, shapes.mpscSender, sender, of20)).toBe("01028080800800");
    expect(hex(postcard, shapes.mpscSender, sender, PLAIN_DIALECT)).toBe("010280808008");
    // port, Ok(5), limit, two rate limits of two numbers each, strategy
    expect(hex(postcard, watchSender, five, of20)).toBe("02000580808008" + "00000000" + "02");
  });
});

it("what an absent limit means depends on the peer", () => {
  const bytes = new TextEncoder().encode('{"port":2,"data":null,"codec":null}');
  const read = (dialect: Dialect) => json.decode(shapes.mpscSender, bytes, contextOf(dialect));
  expect(read(PLAIN_DIALECT)).toMatchObject({ max_item_size: 0xffff_ffff_ffff_ffffn });
  expect(read(of20)).toMatchObject({ max_item_size: LIMIT });
});

it("errors have the names of the peer", () => {
  const item = shapes.item(t.u32);
  expect(text(item, { Err: { RemoteReceive: "MaxItemSizeExceeded" } }, PLAIN_DIALECT)).toBe(
    '{"Err":{"RemoteReceive":"MaxItemSizeExceeded"}}',
  );
  expect(text(item, { Err: { Receive: { Receive: "ChMux" } } }, of20)).toBe('{"Err":{"Receive":{"Receive":"ChMux"}}}');
  expect(text(item, { Err: { Receive: { Receive: "ChMux" } } }, all)).toBe('{"_1":{"_0":{"_0":"_0"}}}');
});

it("an error that is not known stands for itself alone in Postbag 1, and a strategy everywhere", () => {
  // The variant `_1` with a block of 8 bytes, the name `mystery`; then a 9.
  const unknown = bytesOf("c208076d79737465727909");
  const decoded = postbag.decode(t.tuple(shapes.item(t.u32), t.u8), unknown, contextOf(all));
  expect(decoded).toEqual([{ Err: { Remote: null } }, 9]);
  const bytes = new TextEncoder().encode('{"_0":2,"_1":{"_0":5},"_4":"_7"}');
  expect(json.decode(watchReceiver, bytes, contextOf(all))).toMatchObject({ transfer_strategy: "ChannelBuffered" });
});

it("an error that the peer was told itself counts as what it holds, and one that it did not know ends nothing", () => {
  const failed = { Receive: { Deserialize: "bad" } };
  const lost = { Receive: { Receive: "ChMux" } } as const;
  const cases: [wire: shapes.RecvError, isFinal: boolean, told: string][] = [
    [failed, false, "bad"],
    [{ Remote: failed }, false, "bad"],
    [{ Remote: { Remote: lost } }, true, "ChMux"],
    [{ Remote: { Connect: "Rejected" } }, true, "Rejected"],
    [{ Remote: null }, false, "Remote"],
    [{ Remote: { Remote: null } }, false, "Remote"],
  ];
  for (const [wire, isFinal, told] of cases) {
    const { error, final } = shapes.receivedError(wire);
    expect(final).toBe(isFinal);
    expect(error.message).toContain(told);
    expect(error.data.concerns).toBe(isFinal ? "connection" : "item");
  }
});
