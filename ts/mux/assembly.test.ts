import { expect, test, vi } from "vitest";
import { Given } from "../transport/given.ts";
import { type Pieces, wholeOf } from "../util/pieces.ts";
import { Assembly } from "./assembly.ts";

const pattern = Uint8Array.from({ length: 3_000_000 }, (_, at) => at * 31);

/** The pattern up to `length`, cut into chunks of `size`. */
function assembled(length: number, size: number): Assembly {
  const assembly = new Assembly();
  for (let at = 0; at < length; at += size) assembly.append(pattern.slice(at, Math.min(at + size, length)));
  return assembly;
}

test.each([
  [0, 1],
  [1, 1],
  [10, 10],
  [10, 3],
  [5_000, 1],
  [100_000, 16_384],
  [3_000_000, 32_768],
  [2_500_000, 999_999],
])("%d bytes in chunks of %d come out as they went in", (length, size) => {
  const assembly = assembled(length, size);
  const { bytes, isOwned } = assembly.take();
  expect(Buffer.compare(wholeOf(bytes), pattern.subarray(0, length))).toBe(0);
  expect(isOwned).toBe(length > size || length === 0);
  expect(assembly.take().bytes.length).toBe(0);
});

test("a single chunk is not copied unless it pins a much larger frame", () => {
  const assembly = new Assembly();
  const frame = new Uint8Array(100_000);
  assembly.append(frame.subarray(10, 20));
  assembly.append(new Uint8Array(0));
  assembly.unpin();
  const bytes = wholeOf(assembly.take().bytes);
  expect(bytes.buffer.byteLength).toBe(10);
  assembly.append(frame.subarray(0, 50_000));
  assembly.unpin();
  expect(wholeOf(assembly.take().bytes).buffer).toBe(frame.buffer);
});

test("a large message is not there twice when it is put together", () => {
  const assembly = new Assembly();
  const length = 64 * 1024 * 1024;
  const chunk = new Uint8Array(32_768);
  const before = process.memoryUsage().arrayBuffers;
  for (let at = 0; at < length; at += chunk.length) assembly.append(chunk);
  const { bytes } = assembly.take();
  // What counts less than twice the message was given back by hand: nothing was collected in between.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(length * 1.2);
  expect(bytes.length).toBe(length);
});

test("a large message is kept once, with at most one block beside it while it is put together", () => {
  const [length, blockBytes] = [64 * 1024 * 1024, 8 * 1024 * 1024];
  const assembly = new Assembly();
  const chunk = new Uint8Array(32_768);
  for (let at = 0; at < length; at += chunk.length) assembly.append(chunk);
  // Each block is given back as soon as it was copied, before the next one is.
  const given: number[] = [];
  const { transfer } = ArrayBuffer.prototype as unknown as { transfer(lenBytes: number): ArrayBuffer };
  const spy = vi.spyOn(ArrayBuffer.prototype, "transfer" as "slice").mockImplementation(function (
    this: ArrayBuffer,
    lenBytes = 0,
  ) {
    given.push(this.byteLength);
    return transfer.call(this, lenBytes);
  });
  assembly.take();
  spy.mockRestore();
  expect(Math.max(...given)).toBe(blockBytes);
  const total = given.reduce((sum, bytes) => sum + bytes, 0);
  expect(total).toBeGreaterThanOrEqual(length);
  expect(total).toBeLessThan(length + blockBytes);
});

test("chunks that stand one after the other in one buffer stay there, until one comes that does not", () => {
  const assembly = new Assembly();
  const frame = pattern.slice(0, 1_000);
  for (const [from, to] of [
    [10, 300],
    [300, 301],
    [301, 1_000],
  ] as const)
    assembly.append(frame.subarray(from, to));
  const bytes = wholeOf(assembly.take().bytes);
  expect([bytes.buffer, bytes.byteOffset, bytes.length]).toEqual([frame.buffer, 10, 990]);
  for (const [from, to] of [
    [0, 10],
    [10, 20],
    [21, 30],
    [30, 40],
  ] as const)
    assembly.append(frame.subarray(from, to));
  expect(assembly.take().bytes).toEqual(Uint8Array.of(...frame.subarray(0, 20), ...frame.subarray(21, 40)));
});

test("a buffer that was moved here stays what it is between other chunks, if all of it came", () => {
  const moved = pattern.slice(0, 100_000);
  const half = pattern.slice(0, 100_000);
  for (const bytes of [moved, half]) Given.receive(bytes);
  const assembly = new Assembly();
  const chunks = [
    ...[pattern.slice(0, 3), moved.subarray(0, 40_000), moved.subarray(40_000), pattern.slice(3, 5)],
    ...[half.subarray(0, 50_000), pattern.slice(5, 6)],
  ];
  for (const chunk of chunks) assembly.append(chunk);
  const { bytes, isOwned } = assembly.take();
  expect(isOwned).toBe(true);
  expect(Buffer.compare(wholeOf(bytes), Buffer.concat(chunks))).toBe(0);
  const { own, given } = (bytes as Pieces).apart();
  expect(given.map(({ at }) => at)).toEqual([3]);
  expect(given[0]?.bytes.buffer).toBe(moved.buffer);
  expect(own).toEqual(Uint8Array.of(...pattern.subarray(0, 5), ...half.subarray(0, 50_000), ...pattern.subarray(5, 6)));
  expect(assembly.take().bytes.length).toBe(0);
});
