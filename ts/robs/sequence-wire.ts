/** Events of sequences as a peer sends them: in the form of this program, and checked. */

import type { SequenceEvent } from "./events.ts";
import { noSuchPlace, tooLarge } from "./follower.ts";

/** An event with its indices, which come as bigints, as numbers. */
export function withNumbers<T, E extends SequenceEvent<T>>(event: E): E {
  if (typeof event === "string") return event;
  const [[name, payload]] = Object.entries(event) as [[string, unknown]];
  switch (name) {
    case "Insert":
    case "Set":
    case "Resize": {
      const [index, item] = payload as [bigint, T];
      return { [name]: [Number(index), item] } as unknown as E;
    }
    case "Remove":
    case "SwapRemove":
    case "SwapRemoveBack":
    case "SwapRemoveFront":
    case "Truncate":
      return { [name]: Number(payload) } as unknown as E;
    case "Retain":
    case "RetainNot":
      return { [name]: new Set(Array.from(payload as Set<bigint>, Number)) } as unknown as E;
    default:
      return event;
  }
}

/** Throws when an event names a place that does not exist, or makes a sequence longer than `maxSize`. */
export function checkSequenceEvent<T>(event: SequenceEvent<T>, length: number, maxSize: number): void {
  if (typeof event === "string") return;
  const [[name, payload]] = Object.entries(event) as [[string, unknown]];
  switch (name) {
    case "Push":
    case "PushBack":
    case "PushFront":
      return checkLength(length + 1, maxSize);
    case "Insert":
      checkPlace((payload as [number, T])[0], length + 1, length);
      return checkLength(length + 1, maxSize);
    case "Set":
      return checkPlace((payload as [number, T])[0], length, length);
    case "Remove":
    case "SwapRemove":
    case "SwapRemoveBack":
    case "SwapRemoveFront":
      return checkPlace(payload as number, length, length);
    case "Resize": {
      const [wanted] = payload as [number, T];
      if (wanted > length) checkLength(wanted, maxSize);
    }
  }
}

function checkPlace(index: number, limit: number, length: number): void {
  if (!(index < limit)) throw noSuchPlace(index, length);
}

function checkLength(length: number, maxSize: number): void {
  if (!(length <= maxSize)) throw tooLarge(maxSize);
}
