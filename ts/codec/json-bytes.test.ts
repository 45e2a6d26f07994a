import { expect, it } from "vitest";
import * as t from "../schema/index.ts";
import { json } from "./json.ts";

const Packet = t.struct({ data: t.bytes, list: t.byteVec });
const context = {
  maxBytes: 1e7,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
};

function read(data: string): Uint8Array {
  const text = new TextEncoder().encode(`{"data":${data},"list":[]}`);
  return (json.decode(Packet, text, context) as { data: Uint8Array }).data;
}

it("byte arrays in JSON are arrays of numbers as JSON itself writes them, of any length", () => {
  const lengths = [0, 1, 2, 255, 65_535, 65_536, 65_537, 200_000];
  for (const length of lengths) {
    const data = Uint8Array.from({ length }, (_, i) => (i < 256 ? i : (i * 2_654_435_761) >>> 24));
    const bytes = json.encode(Packet, { data, list: data }, context);
    const numbers = Array.from(data);
    expect(new TextDecoder().decode(bytes)).toBe(JSON.stringify({ data: numbers, list: numbers }));
    expect(json.decode(Packet, bytes, context)).toEqual({ data, list: data });
  }
});

it("byte arrays in JSON may have white space wherever JSON has it", () => {
  for (const text of ["[ 1,20,255]", "[1 ,20,255]", "[1,\n20,255]", "[1,20,255\t]", " [ 1 , 20 , 255 ] "])
    expect(read(text)).toEqual(Uint8Array.of(1, 20, 255));
  expect(read("[ ]")).toEqual(new Uint8Array());
});

it("what is no byte in such an array is refused with its place, whatever is around it", () => {
  const wrong = ["256", "300", "-1", "-0", "1.5", "1e2", "01", "00", "+1", '"1"', "null", "[1]", "1".repeat(10_000)];
  for (const text of wrong) {
    for (const [around, place] of [
      [`[${text}]`, 0],
      [`[7,${text},9]`, 1],
      [`[7, ${text} ]`, 1],
    ] as const)
      expect(() => read(around)).toThrow(
        expect.objectContaining({
          code: "peer_decode",
          message: expect.stringContaining(`at data[${place}]: expected u8`),
        }),
      );
  }
});

it("a byte array in JSON that is cut or has a mark too many or too few is refused", () => {
  const whole = '{"data":[1,20,255],"list":[]}';
  for (let length = 0; length < whole.length; length++) {
    const cut = new TextEncoder().encode(whole.slice(0, length));
    expect(() => json.decode(Packet, cut, context)).toThrow(expect.objectContaining({ code: "peer_decode" }));
  }
  for (const text of ["[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1;2]", "[1]2]", "[1}", "1", "{}"])
    expect(() => read(text)).toThrow(expect.objectContaining({ code: "peer_decode" }));
});
