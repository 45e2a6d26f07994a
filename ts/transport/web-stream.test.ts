import { describe, expect, test } from "vitest";
import { describeTransport } from "./compliance.ts";
import { recorder } from "./recorder.ts";
import { type WebStreamsLike, webStreamTransport } from "./web-stream.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Two ends that are joined in both directions; each holds as much as the platform lets a stream hold. */
function joined(): [WebStreamsLike, WebStreamsLike] {
  const [there, back] = [new TransformStream<Bytes, Bytes>(), new TransformStream<Bytes, Bytes>()];
  return [
    { readable: back.readable, writable: there.writable },
    { readable: there.readable, writable: back.writable },
  ];
}

describe("T13: streams of WebTransport are web streams", () => {
  describeTransport("web stream", () => {
    const [a, b] = joined();
    return { a: webStreamTransport(a), b: webStreamTransport(b), dispose: () => {} };
  });
});

describe("a pair of web streams", () => {
  test("each frame follows its length, whatever pieces they come in", async () => {
    const [near, far] = joined();
    const sink = recorder();
    const transport = webStreamTransport(near);
    await transport.start(sink);
    const writer = far.writable.getWriter();
    for (const byte of [3, 0, 0, 0, 7, 8, 9, 0, 0, 0, 0]) await writer.write(Uint8Array.of(byte));
    await sink.untilFrames(2);
    expect(sink.frames).toEqual([Uint8Array.of(7, 8, 9), new Uint8Array(0)]);
    transport.send(Uint8Array.of(1, 2));
    const { value } = await far.readable.getReader().read();
    expect(value).toEqual(Uint8Array.of(2, 0, 0, 0, 1, 2));
    transport.close();
  });

  test("an end inside a frame is an error that counts what is missing", async () => {
    const [near, far] = joined();
    const sink = recorder();
    await webStreamTransport(near).start(sink);
    const writer = far.writable.getWriter();
    await writer.write(Uint8Array.of(9, 0, 0, 0, 1));
    await writer.close();
    expect(String((await sink.untilEnd()).error)).toMatch(/transport_lost.*8 bytes of it are missing/);
  });

  test("a reset of either direction is an error with its reason", async () => {
    for (const direction of ["readable", "writable"] as const) {
      const [near, far] = joined();
      const sink = recorder();
      const transport = webStreamTransport(near);
      await transport.start(sink);
      if (direction === "writable") await far.writable.abort(new Error("the network is gone"));
      else await far.readable.cancel(new Error("the network is gone"));
      transport.send(Uint8Array.of(1));
      expect(String((await sink.untilEnd()).error)).toMatch(/transport_lost.*the network is gone/);
    }
  });

  test("closing it before it is started frees both streams", async () => {
    const [near, far] = joined();
    webStreamTransport(near).close();
    await expect(far.readable.getReader().closed).rejects.toBe("closed");
    await expect(far.writable.getWriter().closed).rejects.toBe("closed");
  });
});
