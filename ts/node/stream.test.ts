import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { describeTransport, pattern, tasks } from "../transport/compliance.ts";
import { recorder } from "../transport/recorder.ts";
import { FrameReader } from "../transport/stream-frames.ts";
import { streamTransport } from "./stream.ts";

async function socketPair(): Promise<{ near: Socket; far: Socket; dispose(): Promise<void> }> {
  const server: Server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const near = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [[far]] = (await Promise.all([once(server, "connection"), once(near, "connect")])) as [[Socket], unknown];
  return {
    near,
    far,
    async dispose() {
      await Promise.all([near, far].map((socket) => (socket.closed ? undefined : once(socket, "close"))));
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describeTransport("TCP", async () => {
  const { near, far, dispose } = await socketPair();
  const options = { maxFrameBytes: 1024 * 1024 };
  return { a: streamTransport(near, options), b: streamTransport(far, options), dispose };
});

/** Our transport on one end of a TCP connection, bytes by hand on the other. */
async function scripted(
  options = {},
): Promise<{ transport: ReturnType<typeof streamTransport>; sink: ReturnType<typeof recorder>; far: Socket }> {
  const { near, far, dispose } = await socketPair();
  const transport = streamTransport(near, options);
  const sink = recorder();
  await transport.start(sink);
  far.on("error", () => {});
  far.resume();
  cleanups.push(async () => {
    transport.close();
    far.end();
    await dispose();
  });
  return { transport, sink, far };
}

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

describe("the framing of remoc's Connect::io", () => {
  test("writes each frame behind its length as four little-endian bytes", async () => {
    const { transport, far } = await scripted();
    const chunks: Buffer[] = [];
    far.on("data", (chunk: Buffer) => chunks.push(chunk));
    transport.send(Uint8Array.of(1));
    transport.send(new Uint8Array(0));
    transport.send(pattern(3, 600));
    transport.close();
    await once(far, "end");
    expect(Buffer.concat(chunks)).toEqual(
      Buffer.concat([Buffer.of(1, 0, 0, 0, 1), Buffer.of(0, 0, 0, 0), Buffer.of(0x58, 2, 0, 0), pattern(3, 600)]),
    );
  });

  test("writes nothing before flush(), and then everything at once", async () => {
    const stream = new PassThrough();
    const transport = streamTransport(stream);
    transport.send(Uint8Array.of(1));
    transport.send(Uint8Array.of(2));
    await tasks(3);
    expect(stream.readableLength).toBe(0);
    transport.flush();
    expect(stream.readableLength).toBe(10);
    stream.destroy();
  });

  test("reads frames cut at any byte", () => {
    const frames = [Uint8Array.of(1), new Uint8Array(0), pattern(1, 40), pattern(2, 7)];
    const bytes = Buffer.concat(frames.map((frame) => Buffer.concat([Buffer.of(frame.length, 0, 0, 0), frame])));
    for (let size = 1; size <= bytes.length; size++) {
      const reader = new FrameReader(100, "little");
      const read: unknown[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        reader.push(bytes.subarray(at, at + size));
        for (let next = reader.next(); next !== undefined; next = reader.next()) read.push(next);
      }
      expect(read).toEqual(frames);
      expect(reader.missingBytes).toBe(0);
    }
  });

  test("does not allocate a frame before its bytes are there", () => {
    const reader = new FrameReader(2 ** 32 - 1, "little");
    reader.push(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1, 2, 3));
    expect(reader.next()).toBeUndefined();
    expect(reader.missingBytes).toBe(2 ** 32 - 1 - 3);
  });

  test("a big-endian peer is named as remoc 0.19", async () => {
    const { sink, far } = await scripted();
    far.write(Buffer.of(0, 0, 0, 1, 1));
    const { error } = await sink.untilEnd();
    expect(error?.code).toBe("peer_incompatible");
    expect(error?.message).toMatch(/remoc 0\.19 streams use big-endian lengths/);
  });

  test('lengthOrder "big" speaks to remoc 0.19, and names a little-endian peer', async () => {
    const { transport, sink, far } = await scripted({ lengthOrder: "big" });
    const written = once(far, "data");
    transport.send(Uint8Array.of(1));
    transport.flush();
    expect((await written)[0]).toEqual(Buffer.of(0, 0, 0, 1, 1));
    far.write(Buffer.of(0, 0, 0, 1, 1));
    await sink.untilFrames(1);
    const other = await scripted({ lengthOrder: "big" });
    other.far.write(Buffer.of(1, 0, 0, 0, 1));
    expect((await other.sink.untilEnd()).error?.message).toMatch(/0\.18 and 0\.20/);
  });

  test.each([
    ["an HTTP answer", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["JSON", '{"hello":1}'],
    ["a TLS record", "\x16\x03\x01\x02\x00\x01"],
  ])("H01: %s at the beginning is not remoc", async (_name, text) => {
    const { sink, far } = await scripted();
    far.write(Buffer.from(text, "latin1"));
    expect((await sink.untilEnd()).error?.code).toBe("peer_not_remoc");
    expect(sink.frames).toEqual([]);
  });

  test("a frame above the limit fails the transport before it is read", async () => {
    const { sink, far } = await scripted({ maxFrameBytes: 100 });
    far.write(Buffer.concat([Buffer.of(100, 0, 0, 0), pattern(1, 100), Buffer.of(101, 0, 0, 0)]));
    expect((await sink.untilEnd()).error).toMatchObject({
      code: "peer_protocol",
      data: { sizeBytes: 101, limitBytes: 100 },
    });
    expect(sink.frames).toEqual([pattern(1, 100)]);
  });

  test.each([[[5, 0]], [[5, 0, 0, 0, 1, 2]], [[5, 0, 0, 0]]])(
    "T5: an end inside a frame (%j) is a failure",
    async (bytes) => {
      const { sink, far } = await scripted();
      far.end(Buffer.from(bytes));
      expect((await sink.untilEnd()).error?.code).toBe("transport_lost");
    },
  );

  test("a reset connection is a failure", async () => {
    const { sink, far } = await scripted();
    far.resetAndDestroy();
    expect((await sink.untilEnd()).error?.code).toBe("transport_lost");
  });

  test("an unread stream puts no limit on the time before start(), and loses nothing", async () => {
    const { near, far, dispose } = await socketPair();
    const transport = streamTransport(near);
    for (let at = 0; at < 20; at++) far.write(Buffer.concat([Buffer.of(0, 0x10, 0, 0), pattern(at, 4096)]));
    await tasks(20);
    const sink = recorder();
    await transport.start(sink);
    await sink.untilFrames(20);
    expect(sink.frames[19]).toEqual(pattern(19, 4096));
    transport.close();
    far.end();
    await dispose();
  });

  test("a port where nobody listens rejects start() with transport_connect", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await expect(streamTransport(connect(port, "127.0.0.1")).start(recorder())).rejects.toMatchObject({
      code: "transport_connect",
    });
  });
});
