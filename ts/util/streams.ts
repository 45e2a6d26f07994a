/** Channel halves as Web Streams. */

/** What can be read: values until `undefined`, and a way to stop. */
interface Source<T> {
  recv(): Promise<T | undefined>;
  drop(): void;
}

/** What can be written. */
interface Sink<T> {
  /** What it returns is waited for. */
  send(value: T): unknown;
  close(): void | Promise<void>;
  /** Gives up instead of closing. */
  abort?(reason: unknown): void | Promise<void>;
}

/** A stream whose chunks are the values; takes one only when somebody reads. An error or cancelling it drops `source`. */
export function readableOf<T>(source: Source<T>): ReadableStream<T> {
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const value = await orDrop(source, () => source.recv());
        if (value !== undefined) return controller.enqueue(value);
        source.drop();
        controller.close();
      },
      cancel: () => source.drop(),
    },
    { highWaterMark: 0 },
  );
}

/**
 * A stream of bytes, which can be read into buffers of the reader's. The ends of messages are not seen. An error or
 * cancelling it drops `source`.
 */
export function byteStreamOf(source: Source<Uint8Array>): ReadableStream<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      while (rest.length === 0) {
        const bytes = await orDrop(source, () => source.recv());
        if (bytes === undefined) {
          source.drop();
          controller.close();
          // Somebody who waits with a buffer of his own is answered only so.
          controller.byobRequest?.respond(0);
          return;
        }
        rest = bytes;
      }
      const request = controller.byobRequest;
      const { view } = request ?? {};
      if (request && view) {
        const len = Math.min(view.byteLength, rest.length);
        new Uint8Array(view.buffer, view.byteOffset, len).set(rest.subarray(0, len));
        rest = rest.subarray(len);
        request.respond(len);
        return;
      }
      // Enqueuing takes the buffer away from whoever else has it, and from views of other parts of it.
      const copy = rest.slice();
      rest = rest.subarray(rest.length);
      controller.enqueue(copy);
    },
    cancel: () => source.drop(),
  });
}

/** A stream that sends each chunk. Closing or aborting it closes `sink`, unless that tells an abort apart. */
export function writableOf<T>(sink: Sink<T>): WritableStream<T> {
  return new WritableStream<T>({
    write: async (value) => void (await sink.send(value)),
    close: () => sink.close(),
    abort: (reason) => (sink.abort === undefined ? sink.close() : sink.abort(reason)),
  });
}

async function orDrop<T, R>(source: Source<T>, step: () => Promise<R>): Promise<R> {
  try {
    return await step();
  } catch (error) {
    source.drop();
    throw error;
  }
}
