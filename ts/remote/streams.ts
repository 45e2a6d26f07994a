/** Streams and iterables travel as the half of a channel; what they end with stands in the last item. */

import * as mpsc from "../channel/mpsc.ts";
import { anything } from "../plain/halves.ts";
import { writableOf } from "../util/streams.ts";

type Sender = mpsc.Sender<unknown>;
type Receiver = mpsc.Receiver<unknown>;

/** How a stream goes over the wire. */
export type StreamKind = "readable" | "writable" | "iterable";

/** The kinds by their number on the wire. */
export const streamKinds: readonly StreamKind[] = ["readable", "writable", "iterable"];

/** The half that carries a stream which is sent away; undefined for anything else. From now on the stream is in use. */
export function halfOfStream(value: object): { kind: StreamKind; half: Sender | Receiver; start(): void } | undefined {
  const kind = kindOf(value);
  if (kind === undefined) return undefined;
  const [tx, rx] = mpsc.channel(anything);
  switch (kind) {
    case "readable":
      return { kind, half: rx, start: () => void pumpOut(value as ReadableStream, tx) };
    case "writable":
      return { kind, half: tx, start: () => void pumpIn(rx, value as WritableStream) };
    default:
      return { kind, half: rx, start: () => void pumpOut(value as AsyncIterable<unknown>, tx) };
  }
}

/** The stream that came as a half. */
export function streamOfHalf(kind: StreamKind, half: unknown): unknown {
  switch (kind) {
    case "readable":
      return readable(half as Receiver);
    case "writable":
      return writable(half as Sender);
    default:
      return values(half as Receiver);
  }
}

function kindOf(value: object): StreamKind | undefined {
  if (typeof ReadableStream === "function" && value instanceof ReadableStream) return "readable";
  if (typeof WritableStream === "function" && value instanceof WritableStream) return "writable";
  return Symbol.asyncIterator in value ? "iterable" : undefined;
}

/** Item by item, each an array of one value; an array of nothing and an error ends it. */
async function pumpOut(source: AsyncIterable<unknown> | ReadableStream, tx: Sender): Promise<void> {
  try {
    for await (const value of iterated(source, tx.closed())) await tx.send([value]);
  } catch (error) {
    await tx.send([undefined, error]).catch(() => undefined);
  } finally {
    tx.close();
  }
}

/** The values until the other side wants no more; then the source is told, even while it has nothing to say. */
async function* iterated(source: AsyncIterable<unknown> | ReadableStream, closed: Promise<unknown>): AsyncGenerator {
  const iterator = source instanceof ReadableStream ? readerOf(source) : source[Symbol.asyncIterator]();
  let isClosed = false;
  // Of the item that is waited for. A race with `closed` would leave something on it for every item.
  let stop: (() => void) | undefined;
  const onClosed = (): void => {
    isClosed = true;
    stop?.();
  };
  closed.then(onClosed, onClosed);
  try {
    while (!isClosed) {
      const next = await new Promise<IteratorResult<unknown> | undefined>((resolve, reject) => {
        stop = () => resolve(undefined);
        Promise.resolve(iterator.next()).then(resolve, reject);
      });
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  } finally {
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

/** Not every engine can iterate a stream. */
function readerOf(stream: ReadableStream): AsyncIterator<unknown> {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

async function pumpIn(rx: Receiver, sink: WritableStream): Promise<void> {
  const writer = sink.getWriter();
  try {
    for await (const value of values(rx)) {
      await writer.ready;
      await writer.write(value);
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
  }
}

async function* values(rx: Receiver): AsyncGenerator {
  for await (const item of rx) {
    const parts = item as readonly unknown[];
    if (parts.length > 1) throw parts[1];
    yield parts[0];
  }
}

function readable(rx: Receiver): ReadableStream<unknown> {
  const items = values(rx);
  return new ReadableStream<unknown>(
    {
      async pull(controller) {
        const next = await items.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: () => rx.drop(),
    },
    { highWaterMark: 0 },
  );
}

function writable(tx: Sender): WritableStream<unknown> {
  return writableOf<unknown>({
    send: (value) => tx.send([value]),
    close: () => tx.close(),
    abort: async (reason) => {
      await tx.send([undefined, reason]).catch(() => undefined);
      tx.close();
    },
  });
}
