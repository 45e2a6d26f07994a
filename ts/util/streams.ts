/** Channel halves as Web Streams. */

/** What can be read: values until `undefined`, and a way to stop. */
interface Source<T> {
  recv(): Promise<T | undefined>;
  drop(): void;
}

/** What can be written. */
interface Sink<T> {
  send(value: T): Promise<void>;
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
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      let bytes = await orDrop(source, () => source.recv());
      while (bytes?.length === 0) bytes = await orDrop(source, () => source.recv());
      // Enqueuing takes the buffer away from whoever else has it, and from views of other parts of it.
      if (bytes !== undefined) return controller.enqueue(bytes.slice());
      source.drop();
      controller.close();
      // Somebody who waits with a buffer of his own is answered only so.
      controller.byobRequest?.respond(0);
    },
    cancel: () => source.drop(),
  });
}

/** A stream that sends each chunk. Closing or aborting it closes `sink`, unless that tells an abort apart. */
export function writableOf<T>(sink: Sink<T>): WritableStream<T> {
  return new WritableStream<T>({
    write: (value) => sink.send(value),
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
