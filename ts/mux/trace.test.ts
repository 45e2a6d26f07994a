import { expect, test } from "vitest";
import { Trace } from "./trace.ts";
import { readTrace } from "./trace-read.ts";
import { traceText } from "./trace-text.ts";

const SHORT_HELLO = "0243484d5558000360ea00000000000000400000000001008000";
/** As 0.20.5 announces all it can. */
const LONG_HELLO = "0243484d555800 03f04902000000000000800000000002008000 00000100 01010101000101010101".replaceAll(
  " ",
  "",
);

test("what was recorded is read back: way, time, length and bytes; of payloads the first ones", () => {
  const trace = new Trace({ payloadBytes: 2 });
  trace.frame("sent", bytes("070100000003"), false, 1_000.5);
  trace.frame("sent", bytes("aabbcc"), true, 1_000.5);
  trace.frame("received", new Uint8Array(0), true, 4_600_001);
  expect(readTrace(trace.bytes())).toEqual({
    frames: [
      { direction: "sent", isPayload: false, atMs: 0, lenBytes: 6, bytes: bytes("070100000003") },
      { direction: "sent", isPayload: true, atMs: 0, lenBytes: 3, bytes: bytes("aabb") },
      { direction: "received", isPayload: true, atMs: 4_599_000.5, lenBytes: 0, bytes: new Uint8Array(0) },
    ],
    dropped: 0,
  });
});

test("the format is the one that its documentation shows", () => {
  const trace = new Trace();
  trace.frame("received", bytes("01"), false, 5);
  trace.frame("sent", bytes("ff"), true, 5.3);
  expect(hex(trace.bytes())).toBe("43545241434501 00 00 01 01 01 03 ac02 01 01 ff".replaceAll(" ", ""));
});

test("a full trace keeps what it has, counts what comes, and says so at its end", () => {
  const trace = new Trace({ maxBytes: 200 });
  for (let at = 0; at < 100; at += 1) trace.frame("sent", bytes("0a01000000"), false, at);
  const contents = readTrace(trace.bytes());
  expect(trace.bytes().length).toBeLessThanOrEqual(203);
  expect([contents.frames.length + contents.dropped, contents.dropped]).toEqual([100, trace.dropped]);
  expect(trace.dropped).toBeGreaterThan(70);
  expect([...traceText(trace.bytes())].at(-1)).toMatch(/^\d+ more frames were not kept/);
});

test("what is no trace is refused, wherever it is cut, and never read beyond its end", () => {
  const trace = new Trace();
  trace.frame("sent", bytes(LONG_HELLO), false, 0);
  const whole = trace.bytes();
  for (let length = 0; length < whole.length; length += 1) {
    if (length === 7) continue;
    expect(() => readTrace(whole.subarray(0, length)), `${length} bytes`).toThrow(/no trace/);
  }
  expect(() => readTrace(bytes("43545241434501 00 ffffffffffffffff".replaceAll(" ", "")))).toThrow(/too long/);
});

test.each([
  ["01", "Reset"],
  [SHORT_HELLO, "Hello version 3, timeout 60000 ms, chunks of 16384, window 65536, 128 requests"],
  ["04010000000301000000", "OpenPort 1*, id 1, waits"],
  ["050100000002000000", "PortOpened 1, here 2*"],
  ["060100000001", "Rejected 1, for want of ports"],
  ["070200000003", "Data 2, first, last"],
  ["08020000000f0300000003000000", "PortData 2, first, last, requests 3*"],
  ["08020000000d0300000009000000", "PortData 2, first, requests 3* (id 9)"],
  ["090200000000010000", "PortCredits 2, +256"],
  ["0a02000000", "SendFinish 2"],
  ["0f", "Goodbye"],
  ["0902", "PortCredits, cut short: 09 02"],
  ["63", "no message: 63"],
  ["", "no message: "],
])("%s is shown as %s", (frame, text) => {
  expect(shown(frame)).toBe(text);
});

test.each([
  ["04010784", "OpenPort, cut short: 04 01 07 84"],
  ["0401078407", "OpenPort 1*, id 900, waits, in use already"],
  ["05ac02ac0201", "PortOpened 300, under that number"],
  ["07011bc801", "Data 1*, first, last, 200 from the pool"],
  ["08013705010600", "PortData 1*, first, last, requests 5* in use already, 6*"],
  ["08015705 06", "PortData 1*, first, last, requests 5* in use already, 6* in use already"],
  ["16ac02808008", "PortCredits 300*, +131072"],
  ["0aac0201", "SendFinish 300*"],
  ["1080800403", "GlobalCredits +65536, #3"],
])("once both Hellos announced it numbers are LEB128: %s is %s", (frame, text) => {
  expect(shown(frame.replaceAll(" ", ""), LONG_HELLO)).toBe(text);
});

/** The text of the last of these frames, which were received, after both Hellos when one is given. */
function shown(frame: string, hello?: string): string {
  const trace = new Trace();
  if (hello !== undefined) for (const way of ["sent", "received"] as const) trace.frame(way, bytes(hello), false, 0);
  trace.frame("received", bytes(frame), false, 0);
  return [...traceText(trace.bytes())].at(-1)?.replace(/^ +0\.000 ← /, "") ?? "";
}

function bytes(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits, "hex"));
}

function hex(frame: Uint8Array): string {
  return Buffer.from(frame).toString("hex");
}
