import { describe, expect, it } from "vitest";
import { json } from "../codec/json.ts";
import { codecs } from "../codec/test-support/codecs.ts";
import { bytesOf, hexOf } from "../codec/test-support/value-of.ts";
import compact from "../codec/vectors/compact.json" with { type: "json" };
import long from "../codec/vectors/remoc.json" with { type: "json" };
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import * as errors from "./error-types.ts";

const context = {
  maxBytes: 1e6,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
};
const known = { generation: "0.20", skipDefaults: false } as const;
const longContext = { ...context, dialect: { ...known, compact: false, postbag1: false } };
const compactContext = { ...context, dialect: { ...known, compact: true, postbag1: true } };

type Row = { type: string; value: unknown } & Record<string, unknown>;

const types: [RegExp, Descriptor][] = [
  [/^mpsc::RecvError/, errors.receive],
  [/^oneshot::RecvError/, errors.oneshotReceive],
  [/^rtc::CallError/, errors.call],
  [/^Result<u32,rtc::CallError>/, t.result(t.u32, errors.call)],
  [/^Vec<rtc::CallError>/, t.vec(errors.call)],
  [/^rfn::CallError/, errors.dropped],
  [/^robs::RecvError/, errors.collectionReceive],
  [/^chmux::SendError/, errors.muxSend],
  [/^base::RecvError/, errors.baseReceive],
  [/^base::SendErrorKind/, errors.baseSendKind],
  [/^base::SendError\{/, errors.baseSend(t.u32)],
  [/^ClosedReason/, errors.closedReason],
];

/** The values of the long form: those of the compact one have other names. */
const rows = (long as unknown as Row[]).flatMap((row) => {
  const type = types.find(([pattern]) => pattern.test(row.type))?.[1];
  return type === undefined ? [] : [{ ...row, descriptor: type }];
});

describe("errors as values", () => {
  it.each(rows)(
    "$type has the bytes of remoc 0.20 in JSON and Postbag, in both forms",
    ({ type, value, descriptor }) => {
      let checked = 0;
      for (const [vectors, from] of [
        [long, longContext],
        [compact, compactContext],
      ] as const) {
        const row = (vectors as unknown as Row[]).find((one) => one.type === type);
        for (const codec of codecs) {
          const expected = row?.[codec.name];
          if (typeof expected !== "string") continue;
          checked++;
          expect(hexOf(codec.encode(descriptor, value, from)), codec.name).toBe(expected);
          const read = codec.decode(descriptor, bytesOf(expected), from);
          expect(
            JSON.parse(JSON.stringify(read, (_, part) => (typeof part === "bigint" ? Number(part) : part))),
          ).toEqual(value);
        }
      }
      // Some are in the vectors for three codecs in both forms, some for eight.
      expect([6, 16]).toContain(checked);
    },
  );

  it.each([
    [
      errors.call,
      { Send: { Send: { Closed: { gracefully: true } } } },
      '{"RemoteSend":{"Send":{"Closed":{"gracefully":true}}}}',
    ],
    [errors.call, { Send: { Serialize: "boom" } }, '{"RemoteSend":{"Serialize":"boom"}}'],
    [errors.receive, { Receive: { Receive: "ChMux" } }, '{"RemoteReceive":{"Receive":"ChMux"}}'],
    [errors.receive, { Receive: { MissingPorts: [3] } }, '{"RemoteReceive":{"MissingPorts":[3]}}'],
    [errors.receive, { Receive: "MaxItemSizeExceeded" }, '{"RemoteReceive":"MaxItemSizeExceeded"}'],
    [errors.receive, { Connect: "TooManyPendingConnectReqs" }, '{"RemoteConnect":"TooManyPendingConnectionRequests"}'],
    [errors.receive, { Listen: "ChMux" }, '{"RemoteListen":"MultiplexerError"}'],
    [errors.send(t.u32), { Closed: 5 }, '{"Closed":5}'],
    [errors.trySend(t.u32), "Forward", '"RemoteForward"'],
    [errors.oneshotSend(t.u32), "Failed", '"Failed"'],
    [errors.watchChanged, "Closed", '"Closed"'],
    [errors.handle, { MismatchedType: "T" }, '{"MismatchedType":"T"}'],
    [errors.collectionReceive, { InvalidIndex: 3n }, '{"InvalidIndex":3}'],
  ])("%#: has the names of remoc 0.18 towards 0.18", (type: Descriptor, value, expected) => {
    const bytes = json.encode(type, value, context);
    expect(new TextDecoder().decode(bytes)).toBe(expected);
    expect(json.decode(type, bytes, context)).toEqual(value);
  });

  it("that 0.18 does not know are not sent to it", () => {
    expect(() => json.encode(errors.call, "NotServed", context)).toThrow(/^local_encode/);
    expect(() => json.encode(errors.receive, { Remote: null }, context)).toThrow(/^local_encode/);
  });

  it("of a newer peer are read as none in Postbag 1", () => {
    const newer = t.vec(t.recoverable(t.enum({ _9: t.u32 })));
    const codec = codecs.find(({ name }) => name === "postbag1");
    const bytes = codec?.encode(newer, [{ _9: 1 }, { _9: 2 }], compactContext) as Uint8Array;
    expect(codec?.decode(t.vec(errors.receive), bytes, compactContext)).toEqual([{ Remote: null }, { Remote: null }]);
  });
});
