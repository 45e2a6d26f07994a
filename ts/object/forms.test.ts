/** Every type of remoc's own in both of its forms: the bytes that remoc 0.20.5 wrote are read and written again. */

import { describe, expect, it } from "vitest";
import * as bin from "../channel/bin.ts";
import * as broadcast from "../channel/broadcast.ts";
import * as io from "../channel/io.ts";
import * as lr from "../channel/lr.ts";
import * as mpsc from "../channel/mpsc.ts";
import * as oneshot from "../channel/oneshot.ts";
import { broadcastMessage, item } from "../channel/shapes.ts";
import * as watch from "../channel/watch.ts";
import type { Codec } from "../codec/codec.ts";
import { postbag } from "../codec/postbag.ts";
import { postbagSlim } from "../codec/postbag-slim.ts";
import { codecs } from "../codec/test-support/codecs.ts";
import { bytesOf, hexOf } from "../codec/test-support/value-of.ts";
import compactRows from "../codec/vectors/compact.json" with { type: "json" };
import longRows from "../codec/vectors/remoc.json" with { type: "json" };
import { callError, rfnCallError } from "../rtc/call-error.ts";
import { client } from "../rtc/client-type.ts";
import { method } from "../rtc/method.ts";
import { requests } from "../rtc/requests-type.ts";
import { service } from "../rtc/service.ts";
import { tracingMode } from "../rtc/tracing.ts";
import type { Descriptor, OwnedShape, StructShape, TransportedDescriptor } from "../schema/descriptor.ts";
import type { Dialect } from "../schema/dialect.ts";
import * as t from "../schema/index.ts";
import * as functions from "./function.ts";
import { handle } from "./handle.ts";
import { lazyValue } from "./lazy.ts";
import { lazyBlob } from "./lazy-blob.ts";
import { readLock, rwLock } from "./rw-lock.ts";
import { lockTypes } from "./rw-lock-types.ts";

const Counter = service("Counter", {
  value: method("&self", {}, t.u32),
  increase: method("&mut self", { by: t.u32 }, t.unit),
});
const Opener = service("Opener", {
  open: method("&self", { name: t.str }, client(Counter), undefined, { pipelinable: true }),
});
const Renamed = service("Renamed", {
  one: method("&mut self", { arg: t.field("_0", t.u32) }, t.u32, undefined, { variant: "_1" }),
  add: method("&mut self", { arg: t.field("_3", t.u32) }, t.u32),
  zero: method("&self", {}, t.u32, undefined, { variant: "_0" }),
});

const lock = lockTypes(t.u32);
const rfn = functions.rfn([t.u32, t.u32], t.u32);
const channelOf = item as (type: Descriptor) => Descriptor;

/** What goes through the channel that a shape begins with. */
function requestOf(type: Descriptor): Descriptor {
  const { compact } = (type as TransportedDescriptor).shape as OwnedShape;
  const [sender] = (compact as StructShape).fields.map((field) => field.type as TransportedDescriptor);
  return sender?.item as Descriptor;
}

/** Which descriptor a row is for: the first that fits. Collections have their own test. */
const TYPES: readonly (readonly [RegExp, Descriptor])[] = [
  [/^mpsc::Sender/, mpsc.sender(t.u32)],
  [/^mpsc::Receiver/, mpsc.receiver(t.u32)],
  [/^oneshot::Sender/, oneshot.sender(t.u32)],
  [/^oneshot::Receiver/, oneshot.receiver(t.u32)],
  [/^watch::Sender/, watch.sender(t.u32)],
  [/^watch::Receiver/, watch.receiver(t.u32)],
  [/^broadcast::Receiver/, broadcast.receiver(t.u32)],
  [/^lr::Sender/, lr.sender(t.u32)],
  [/^lr::Receiver/, lr.receiver(t.u32)],
  [/^bin::Sender/, bin.sender],
  [/^bin::Receiver/, bin.receiver],
  [/^io::Sender/, io.sender],
  [/^io::Receiver/, io.receiver],
  [/^RFnMut/, functions.rfnMut([t.u32], t.u32)],
  [/^RFnOnce/, functions.rfnOnce([t.u32], t.u32)],
  [/^RFn/, rfn],
  [/^Handle/, handle(Object)],
  [/^LazyBlob/, lazyBlob],
  [/^Lazy/, lazyValue(t.str)],
  [/^RwLock/, rwLock(t.u32)],
  [/^ReadLock/, readLock(t.u32)],
  [/^CounterClient/, client(Counter)],
  [/^CounterReqReceiver/, requests(Counter)],
  [/^Result<u32,rtc::CallError>/, t.result(t.u32, callError)],
  [/^Vec<rtc::CallError>/, t.vec(callError)],
  [/^rtc::CallError/, callError],
  [/^rfn::CallError/, rfnCallError],
  [/^tracing::Tracing/, tracingMode],
  [/^item: request open/, channelOf(Opener.wire.request)],
  [/^item: request to a method/, channelOf(Renamed.wire.request)],
  [/^item: request/, channelOf(Counter.wire.request)],
  [/^item: response Ok\(\(\)\) of the session/, channelOf(Opener.wire.methods.get("open")?.bareReply as Descriptor)],
  [/^item: response Ok\(\(\)\)/, channelOf(Counter.wire.methods.get("increase")?.reply as Descriptor)],
  [/^item: response Ok\(CounterClient\)/, channelOf(Opener.wire.methods.get("open")?.reply as Descriptor)],
  [/^item: response/, channelOf(Counter.wire.methods.get("value")?.reply as Descriptor)],
  [/^item: RFn request \(3/, channelOf(requestOf(rfn))],
  [/^item: RFn request \(\)/, channelOf(requestOf(functions.rfn([], t.u32)))],
  [/^item: RFn response Ok/, channelOf(t.result(t.u32, t.str))],
  [/^item: RwLock ReadRequest/, channelOf(lock.read)],
  [/^item: RwLock Value/, channelOf(lock.copy)],
  [/^item: RwLock WriteRequest/, channelOf(lock.write)],
  [/^item: LazyBlob request/, channelOf(requestOf(lazyBlob))],
  [/^item: Lazy request/, channelOf(requestOf(lazyValue(t.str)))],
  [/^item: Lazy value/, channelOf(t.str)],
  [/^item: invalidation/, channelOf(t.bool)],
  [/^item: confirmation/, channelOf(t.unit)],
  [/^item: broadcast item/, channelOf(broadcastMessage(t.u32))],
  [/^item: (mpsc|watch) item|^item: RFn response|^item: (old|new) value|^item: forwarded/, channelOf(t.u32)],
];

/** Rows of types that are no values here, or stand in others, and those of collections. */
const OTHERS =
  /^(TracingContext|StorageRef|ClosedReason|(mpsc|oneshot|robs|base|chmux)::|.*(Event|Subscription)\b|item: event)/;

const LONG: Dialect = { generation: "0.20", postbag1: false, skipDefaults: false, compact: false };
const COMPACT: Dialect = { generation: "0.20", postbag1: true, skipDefaults: true, compact: true };

/** Values stay as the wire has them: nothing here is connected. */
const contextOf = (dialect: Dialect) => ({
  dialect,
  maxBytes: 1e6,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
});

type Row = Readonly<Record<string, unknown>> & { readonly type: string };

function bytesFor(codec: Codec, row: Row, dialect: Dialect): string | undefined {
  const version = dialect.postbag1 && (codec === postbag || codec === postbagSlim);
  const bytes = row[version ? codec.name.replace("postbag", "postbag1") : codec.name];
  return typeof bytes === "string" ? bytes : undefined;
}

const NAMED: readonly string[] = ["json", "cbor", "messagePack", "postbag"];
const plain = codecs.filter(({ name }) => !name.startsWith("postbag1"));
const uncovered = new Set<string>();

describe.each([
  ["compact", COMPACT, compactRows],
  ["long", LONG, longRows],
] as const)("in the %s form", (form, dialect, rows) => {
  describe.each(plain)("$name", (codec) => {
    for (const row of rows as unknown as readonly Row[]) {
      const type = TYPES.find(([pattern]) => pattern.test(row.type))?.[1];
      if (type === undefined) uncovered.add(row.type);
      const expected = bytesFor(codec, row, dialect);
      if (type === undefined || expected === undefined) continue;
      it(row.type, () => {
        const context = contextOf(dialect);
        const value = codec.decode(type, bytesOf(expected), context);
        const written = codec.encode(type, value, context);
        // Towards 0.20 in the long form fields are left out that every reader has a default for.
        if (form === "compact" || !NAMED.includes(codec.name)) expect(hexOf(written)).toBe(expected);
        expect(codec.decode(type, written, context)).toEqual(value);
      });
    }
  });
});

it("all rows but these are covered", () => {
  expect([...uncovered].filter((type) => !OTHERS.test(type))).toEqual([]);
});
