import Session, { type BidirectionalStream, selectSubprotocol } from "@moq/qmux";
import { Kind, U32Reader, u32 } from "../rivals/qmux-streams.ts";
import { BULK_BYTES, type Serve } from "../rivals/rival.ts";
import { listenSockets } from "./listen.ts";

export const serveQmux: Serve = () =>
  listenSockets(
    (socket) => {
      answerStreams(Session.accept(socket)).catch((error: unknown) => console.error(error));
    },
    (offered) => selectSubprotocol([...offered]) ?? false,
  );

async function answerStreams(session: Session): Promise<void> {
  session.closed.catch(() => {});
  const streams = session.incomingBidirectionalStreams.getReader();
  for (;;) {
    // A client that goes away ends it with an error.
    const { value: stream, done } = await streams.read().catch(() => ({ value: undefined, done: true }));
    if (done || stream === undefined) return;
    void answer(stream).catch(() => {});
  }
}

async function answer(stream: BidirectionalStream): Promise<void> {
  const reader = stream.readable.getReader();
  const writer = stream.writable.getWriter();
  const first = await reader.read();
  const [kind, ...rest] = first.value ?? [];
  if (kind === Kind.count) await writer.write(u32(rest.length + (await countToEnd(reader))));
  else if (kind === Kind.give) await give(await new U32Reader(reader, rest).read(), writer);
  else await echo(reader, writer);
}

async function echo(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  writer: WritableStreamDefaultWriter<Uint8Array>,
): Promise<void> {
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    await writer.write(value);
  }
}

async function countToEnd(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<number> {
  let total = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return total;
    total += value.length;
  }
}

async function give(bytes: number, writer: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
  for (let left = bytes; left > 0; left -= BULK_BYTES) await writer.write(new Uint8Array(Math.min(left, BULK_BYTES)));
  await writer.close();
}
