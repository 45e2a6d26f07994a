import { expect, test } from "vitest";
import { Fifo } from "./fifo.ts";

function filled(count: number): Fifo<number> {
  const fifo = new Fifo<number>();
  for (let at = 1; at <= count; at += 1) fifo.push(at);
  return fifo;
}

test("items leave in the order in which they came", () => {
  const fifo = filled(3);
  expect([fifo.shift(), fifo.shift(), fifo.shift(), fifo.shift()]).toEqual([1, 2, 3, undefined]);
  fifo.push(4);
  expect([...fifo]).toEqual([4]);
});

test("first, last and at() see through what has left", () => {
  const fifo = filled(5);
  fifo.shift();
  fifo.shift();
  expect([fifo.first, fifo.last, fifo.at(1), fifo.at(3), fifo.length]).toEqual([3, 5, 4, undefined, 3]);
});

test("pop takes the newest and never what has left", () => {
  const fifo = filled(3);
  fifo.shift();
  expect([fifo.pop(), fifo.pop(), fifo.pop(), fifo.length, fifo.last]).toEqual([3, 2, undefined, 0, undefined]);
  fifo.push(9);
  expect([fifo.first, fifo.last, fifo.length]).toEqual([9, 9, 1]);
});

test("remove takes one out of the middle, and says when it is not in", () => {
  const fifo = filled(4);
  fifo.shift();
  expect([fifo.remove(3), fifo.remove(3), fifo.remove(1)]).toEqual([true, false, false]);
  expect([...fifo]).toEqual([2, 4]);
});

test("sift keeps what is to be kept, in order, and returns the rest", () => {
  const fifo = filled(6);
  fifo.shift();
  expect(fifo.sift((item) => item % 2 === 0)).toEqual([3, 5]);
  expect([...fifo]).toEqual([2, 4, 6]);
});

test("an iteration sees what is pushed meanwhile", () => {
  const fifo = filled(1);
  const seen: number[] = [];
  for (const item of fifo) {
    seen.push(item);
    if (item < 3) fifo.push(item + 1);
  }
  expect(seen).toEqual([1, 2, 3]);
});

test("a long queue is no slower per item than a short one", () => {
  const fifo = filled(200_000);
  let sum = 0;
  for (let item = fifo.shift(); item !== undefined; item = fifo.shift()) sum += item;
  // Array.prototype.shift takes minutes here.
  expect(sum).toBe((200_000 * 200_001) / 2);
});

test("whatever is done to it, it is a list of what is there", () => {
  const fifo = new Fifo<number>();
  let model: number[] = [];
  const steps = [
    (item: number) => expect(fifo.push(item)).toBe(model.push(item) && undefined),
    (item: number) => {
      const index = item % (model.length + 1);
      fifo.insert(index, item);
      model.splice(index, 0, item);
    },
    () => expect(fifo.shift()).toBe(model.shift()),
    () => expect(fifo.pop()).toBe(model.pop()),
    (item: number) => {
      const one = model[item % 5] ?? -1;
      expect(fifo.remove(one)).toBe(model.includes(one));
      model = model.filter((other) => other !== one);
    },
  ];
  let random = 1;
  for (let item = 1; item < 20_000; item += 1) {
    random = (random * 48_271) % 2_147_483_647;
    // More is added for a while, then more is taken.
    const choice = random % (Math.floor(item / 500) % 2 === 0 ? 3 : 5);
    steps[choice]?.(item);
    const seen = [fifo.length, fifo.first, fifo.last, fifo.at(1)];
    expect(seen).toEqual([model.length, model[0], model.at(-1), model[1]]);
  }
  expect([...fifo]).toEqual(model);
});
