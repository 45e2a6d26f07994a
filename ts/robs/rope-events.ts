import type { SequenceEvent } from "./events.ts";
import type { Rope } from "./rope.ts";

/** Is told which places change: from `from` up to but without `to`. */
interface Touched {
  touch(from: number, to: number): void;
}

const END = Number.POSITIVE_INFINITY;

/** Makes what an event of a vec, deque or list says. Its indices are within the sequence. */
export function applyToRope<T>(items: Rope<T>, event: SequenceEvent<T>, touched: Touched): void {
  if (typeof event === "string") applyPlain(items, event, touched);
  else if ("Set" in event) {
    items.set(event.Set[0], event.Set[1]);
    touched.touch(event.Set[0], event.Set[0] + 1);
  } else if ("Push" in event) insert(items, items.length, event.Push, touched);
  else if ("PushBack" in event) insert(items, items.length, event.PushBack, touched);
  else if ("PushFront" in event) insert(items, 0, event.PushFront, touched);
  else if ("Insert" in event) insert(items, event.Insert[0], event.Insert[1], touched);
  else if ("Remove" in event) remove(items, event.Remove, touched);
  else if ("SwapRemove" in event) swapRemoveBack(items, event.SwapRemove, touched);
  else if ("SwapRemoveBack" in event) swapRemoveBack(items, event.SwapRemoveBack, touched);
  else if ("SwapRemoveFront" in event) swapRemoveFront(items, event.SwapRemoveFront, touched);
  else if ("Fill" in event) {
    items.replace(new Array<T>(items.length).fill(event.Fill));
    touched.touch(0, items.length);
  } else if ("Resize" in event) resize(items, event.Resize[0], event.Resize[1], touched);
  else if ("Truncate" in event) truncate(items, event.Truncate, touched);
  else if ("Retain" in event) keepThose(items, (index) => event.Retain.has(index), touched);
  else keepThose(items, (index) => !event.RetainNot.has(index), touched);
}

function applyPlain<T>(items: Rope<T>, event: SequenceEvent<T> & string, touched: Touched): void {
  if (event === "Clear") truncate(items, 0, touched);
  else if (items.length === 0) return;
  else if (event === "Pop" || event === "PopBack") remove(items, items.length - 1, touched);
  else if (event === "PopFront") remove(items, 0, touched);
}

function insert<T>(items: Rope<T>, index: number, item: T, touched: Touched): void {
  items.insert(index, item);
  touched.touch(index, END);
}

function remove<T>(items: Rope<T>, index: number, touched: Touched): void {
  items.remove(index);
  touched.touch(index, END);
}

function swapRemoveBack<T>(items: Rope<T>, index: number, touched: Touched): void {
  const last = items.remove(items.length - 1);
  touched.touch(items.length, items.length + 1);
  if (index === items.length) return;
  items.set(index, last);
  touched.touch(index, index + 1);
}

function swapRemoveFront<T>(items: Rope<T>, index: number, touched: Touched): void {
  const first = items.at(0) as T;
  items.set(index, first);
  remove(items, 0, touched);
}

function truncate<T>(items: Rope<T>, length: number, touched: Touched): void {
  if (length >= items.length) return;
  touched.touch(length, items.length);
  items.truncate(length);
}

function resize<T>(items: Rope<T>, length: number, item: T, touched: Touched): void {
  const before = items.length;
  if (length <= before) return truncate(items, length, touched);
  const added = new Array<T>(length - before).fill(item);
  if (added.length * 2 > before) items.replace([...items.slice(0, before), ...added]);
  else for (const one of added) items.insert(items.length, one);
  touched.touch(before, length);
}

function keepThose<T>(items: Rope<T>, keep: (index: number) => boolean, touched: Touched): void {
  const before = items.slice(0, items.length);
  const first = before.findIndex((_, index) => !keep(index));
  if (first < 0) return;
  items.replace(before.filter((_, index) => keep(index)));
  touched.touch(first, END);
}
