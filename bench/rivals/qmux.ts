import Session, { type BidirectionalStream } from "@moq/qmux";
import { Kind, U32Reader, u32 } from "./qmux-streams.ts";
import { BULK_BYTES, type Client, type Place, type Rival } from "./rival.ts";

/** Streams of bytes, no values: a call is four bytes on a stream that stays open, an upload a stream of its own. */
export const qmux: Rival = {
  name: "@moq/qmux",
  level: "bytes",
  async connect(place: Place): Promise<Client> {
    const session = new Session(place as string);
    await session.ready;
    const calls = await open(session, Kind.echo);
    const client = new StreamClient(session, calls);
    await client.call(0);
    return client;
  },
};

/** Payload of one write of an upload. */
const PIECE_BYTES = 64 * 1024;

class StreamClient implements Client {
  readonly #session: Session;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: U32Reader;
  /** Answers come in the order of the calls. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: Session, calls: OpenStream) {
    this.#session = session;
    this.#writer = calls.writer;
    this.#answers = new U32Reader(calls.reader);
  }

  async call(value: number): Promise<number> {
    const answer = this.#last.then(() => this.#answers.read());
    this.#last = answer;
    await this.#writer.write(u32(value));
    return await answer;
  }

  async upload(bytes: Uint8Array): Promise<number> {
    const { writer, reader } = await open(this.#session, Kind.count);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) await writer.write(bytes.subarray(at, at + PIECE_BYTES));
    await writer.close();
    return await new U32Reader(reader).read();
  }

  async push(count: number): Promise<void> {
    const { writer, reader } = await open(this.#session, Kind.count);
    for (let value = 0; value < count; value += 1) await writer.write(u32(value));
    await writer.close();
    await new U32Reader(reader).read();
  }

  async bulkUp(count: number): Promise<void> {
    const { writer, reader } = await open(this.#session, Kind.count);
    for (let sent = 0; sent < count; sent += 1) await writer.write(new Uint8Array(BULK_BYTES));
    await writer.close();
    await new U32Reader(reader).read();
  }

  async bulkDown(count: number): Promise<void> {
    const { writer, reader } = await open(this.#session, Kind.give);
    await writer.write(u32(count * BULK_BYTES));
    await writer.close();
    while (!(await reader.read()).done);
  }

  close(): void {
    this.#session.close();
  }
}

interface OpenStream {
  writer: WritableStreamDefaultWriter<Uint8Array>;
  reader: ReadableStreamDefaultReader<Uint8Array>;
}

async function open(session: Session, kind: number): Promise<OpenStream> {
  const stream: BidirectionalStream = await session.createBidirectionalStream();
  const writer = stream.writable.getWriter();
  await writer.write(Uint8Array.of(kind));
  return { writer, reader: stream.readable.getReader() };
}
