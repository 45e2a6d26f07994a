import { expect, test } from "vitest";
import { Breath } from "./breath.ts";

/** Of one send every 10 ms up to `lastMs`: the times at which it had to wait. */
function waits(breath: Breath, lastMs: number, heardAt: readonly number[] = []): number[] {
  const waited: number[] = [];
  for (let now = 0; now <= lastMs; now += 10) {
    if (heardAt.includes(now)) breath.heard(now);
    if (breath.until(now) === undefined) breath.sent(now);
    else waited.push(now);
  }
  return waited;
}

test("after 250 ms without a word nothing is sent until 40 ms after the last send, over and over", () => {
  expect(waits(new Breath(), 600)).toEqual([250, 260, 270, 530, 540, 550]);
});

test("who hears something goes on at once", () => {
  expect(waits(new Breath(), 500, [100, 200, 300, 400])).toEqual([]);
  expect(waits(new Breath(), 300, [260])).toEqual([250]);
});

test("whoever was quiet for as long by itself need not be so again", () => {
  const breath = new Breath();
  for (const now of [0, 1_000, 1_040, 5_000]) {
    expect(breath.until(now)).toBeUndefined();
    breath.sent(now);
  }
});
