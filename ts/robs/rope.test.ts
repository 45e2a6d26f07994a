import fc from "fast-check";
import { expect, test } from "vitest";
import { Rope } from "./rope.ts";

const place = fc.nat({ max: 1_000_000 });
const operation = fc.oneof(
  fc.record({ op: fc.constant("insert" as const), place, count: fc.integer({ min: 1, max: 150 }) }),
  fc.record({ op: fc.constant("remove" as const), place, count: fc.integer({ min: 1, max: 150 }) }),
  fc.record({ op: fc.constant("set" as const), place, count: fc.constant(1) }),
  fc.record({ op: fc.constant("truncate" as const), place, count: fc.constant(1) }),
  fc.record({ op: fc.constant("snapshot" as const), place, count: fc.constant(1) }),
);

test("a rope does what an array does, and its snapshots stay as they are", () => {
  fc.assert(
    fc.property(fc.nat({ max: 5_000 }), fc.array(operation, { maxLength: 40 }), (start, operations) => {
      const array = Array.from({ length: start }, (_, at) => at);
      const rope = new Rope(array);
      const snapshots: [Rope<number>, number[]][] = [];
      let next = start;
      for (const { op, place: at, count } of operations) {
        if (op === "snapshot") snapshots.push([rope.snapshot(), array.slice()]);
        else if (op === "truncate") {
          const length = array.length - (at % 200);
          if (length >= 0) rope.truncate(length);
          array.splice(Math.max(0, length), length >= 0 ? array.length : 0);
        }
        for (let i = 0; i < count; i += 1) {
          if (op === "insert") {
            const index = at % (array.length + 1);
            array.splice(index, 0, next);
            rope.insert(index, next);
            next += 1;
          } else if (array.length > 0 && op === "remove") {
            const index = at % array.length;
            expect(rope.remove(index)).toBe(array.splice(index, 1)[0]);
          } else if (array.length > 0 && op === "set") {
            array[at % array.length] = -1;
            rope.set(at % array.length, -1);
          }
        }
        expect(rope.length).toBe(array.length);
        expect(rope.at(at % (array.length + 1))).toBe(array[at % (array.length + 1)]);
      }
      expect([...rope]).toEqual(array);
      expect(rope.slice(10, 200)).toEqual(array.slice(10, 200));
      for (const [snapshot, then] of snapshots) expect([...snapshot]).toEqual(then);
    }),
    { numRuns: 60 },
  );
});

test("an iteration shows the items as they were when it began", () => {
  const rope = new Rope(Array.from({ length: 300 }, (_, at) => at));
  const seen: number[] = [];
  for (const item of rope) {
    seen.push(item);
    if (rope.length > 0) rope.remove(0);
    rope.insert(0, -1);
  }
  expect(seen).toEqual(Array.from({ length: 300 }, (_, at) => at));
});
