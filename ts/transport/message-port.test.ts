import { EventEmitter, once } from "node:events";
import { MessageChannel, Worker } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";
import { ElectronPort } from "../../tests/behaviour/support/electron-port.ts";
import { describeTransport, pattern, tasks } from "./compliance.ts";
import { holdLifeLock, type LifeLock } from "./life-lock.ts";
import { type MessagePortLike, messagePortTransport } from "./message-port.ts";
import { ACK_EVERY_BYTES, announcement, readAnnouncement } from "./port-acks.ts";
import { recorder } from "./recorder.ts";
import type { Transport } from "./transport.ts";

describeTransport("message-port", () => {
  const { port1, port2 } = new MessageChannel();
  const closed = Promise.all([once(port1, "close"), once(port2, "close")]);
  return {
    a: messagePortTransport(port1 as unknown as MessagePortLike),
    b: messagePortTransport(port2 as unknown as MessagePortLike),
    async dispose() {
      await closed;
    },
  };
});

/** Our transport on one end, a hand-driven port on the other. */
function scripted(options = {}): {
  transport: Transport;
  peer: MessagePort;
  received: unknown[];
  untilReceived(count: number): Promise<void>;
} {
  const { port1, port2 } = new MessageChannel();
  const received: unknown[] = [];
  let wake = (): void => {};
  const peer = port2 as unknown as MessagePort;
  peer.addEventListener("message", (event) => {
    received.push(event.data);
    wake();
  });
  opened.push(peer);
  return {
    transport: messagePortTransport(port1 as unknown as MessagePortLike, options),
    peer,
    received,
    untilReceived: (count) =>
      new Promise((resolve) => {
        wake = () => {
          if (received.length >= count) resolve();
        };
        wake();
      }),
  };
}

const opened: MessagePort[] = [];
afterEach(() => {
  for (const port of opened.splice(0)) port.close();
});

test("a small message is cloned, a larger one moved", async () => {
  const { port1, port2 } = new MessageChannel();
  opened.push(port2 as unknown as MessagePort);
  const moved: number[] = [];
  const post = port1.postMessage.bind(port1);
  port1.postMessage = (message, transfer) => {
    moved.push(transfer?.length ?? 0);
    post(message, transfer);
  };
  const transport = messagePortTransport(port1 as unknown as MessagePortLike);
  await transport.start(recorder());
  for (const sizeBytes of [2048, 2049]) transport.send(new Uint8Array(sizeBytes));
  transport.close();
  // The announcement is first.
  expect(moved).toEqual([0, 0, 1]);
});

describe("acknowledgements between two cuttle transports", () => {
  test("the first message is the announcement, and the other side's is not delivered", async () => {
    const { transport, peer, received, untilReceived } = scripted();
    const sink = recorder();
    await transport.start(sink);
    await untilReceived(1);
    expect(Array.from(received[0] as Uint8Array).slice(0, 8)).toEqual([0xf0, 0x63, 0x75, 0x74, 0x74, 0x6c, 0x65, 1]);
    peer.postMessage(announcement(undefined));
    peer.postMessage(pattern(1, 5));
    await sink.untilFrames(1);
    expect(sink.frames).toEqual([pattern(1, 5)]);
    transport.close();
  });

  test("a frame with the announcement's bytes is a frame when it is not the first message", async () => {
    const { transport, peer } = scripted();
    const sink = recorder();
    await transport.start(sink);
    peer.postMessage(pattern(1, 5));
    peer.postMessage(announcement(undefined));
    await sink.untilFrames(2);
    expect(sink.frames[1]).toEqual(announcement(undefined));
    transport.close();
  });

  test("what is received is acknowledged every 64 KiB, only to a side that announced", async () => {
    const { transport, peer, received, untilReceived } = scripted();
    const sink = recorder();
    await transport.start(sink);
    peer.postMessage(announcement(undefined));
    for (let at = 0; at < 8; at++) peer.postMessage(pattern(at, ACK_EVERY_BYTES / 4));
    await untilReceived(3);
    expect(received.slice(1)).toEqual([ACK_EVERY_BYTES, 2 * ACK_EVERY_BYTES]);
    transport.close();
    const plain = scripted();
    const plainSink = recorder();
    await plain.transport.start(plainSink);
    plain.peer.postMessage(pattern(1, ACK_EVERY_BYTES));
    await plainSink.untilFrames(1);
    await tasks(3);
    expect(plain.received.length).toBe(1);
    plain.transport.close();
  });

  test("a side that acknowledges nothing blocks the sender at the cap", async () => {
    const { transport, peer } = scripted({ capacityBytes: 128 * 1024 });
    const sink = recorder();
    await transport.start(sink);
    peer.postMessage(announcement(undefined));
    peer.postMessage(pattern(1, 1));
    await sink.untilFrames(1);
    for (let at = 0; at < 8; at++) transport.send(pattern(at, 16 * 1024));
    expect(transport.capacity()).toBe(0);
    await tasks(10);
    expect(sink.writables).toBe(0);
    peer.postMessage(64 * 1024);
    await sink.until(() => sink.writables === 1);
    expect(transport.capacity()).toBe(64 * 1024);
    transport.close();
  });

  test("without a choice the cap is 256 KiB towards a plain remoc peer, and 4 MiB towards a side that acknowledges", async () => {
    const { transport, peer } = scripted();
    const sink = recorder();
    await transport.start(sink);
    expect(transport.capacity()).toBe(256 * 1024);
    peer.postMessage(announcement(undefined));
    peer.postMessage(pattern(1, 1));
    await sink.untilFrames(1);
    expect(transport.capacity()).toBe(4 * 1024 * 1024);
    transport.close();
  });

  test("towards a plain remoc peer the cap holds per task", async () => {
    const { transport } = scripted({ capacityBytes: 128 * 1024 });
    const sink = recorder();
    await transport.start(sink);
    for (let at = 0; at < 8; at++) transport.send(pattern(at, 16 * 1024));
    expect(transport.capacity()).toBe(0);
    await sink.until(() => sink.writables === 1);
    expect(transport.capacity()).toBe(128 * 1024);
    transport.close();
  });

  test.each([1001, 0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])(
    "C13 X14: an acknowledgement of %d for 1000 bytes fails the transport",
    async (total) => {
      const { transport, peer } = scripted();
      const sink = recorder();
      await transport.start(sink);
      transport.send(pattern(1, 1000));
      peer.postMessage(announcement(undefined));
      peer.postMessage(total);
      expect((await sink.untilEnd()).error?.code).toBe("peer_protocol");
    },
  );

  test("X14: an acknowledgement that goes backwards fails the transport", async () => {
    const { transport, peer } = scripted();
    const sink = recorder();
    await transport.start(sink);
    transport.send(pattern(1, 1000));
    peer.postMessage(announcement(undefined));
    peer.postMessage(500);
    peer.postMessage(499);
    expect((await sink.untilEnd()).error?.code).toBe("peer_protocol");
  });
});

describe("F27: what is not bytes", () => {
  const getterRan: string[] = [];
  const withGetter = Object.defineProperty({}, "byteLength", {
    get: () => getterRan.push("byteLength"),
    enumerable: false,
  });
  const cases: [string, () => unknown][] = [
    ["a string", () => "hello"],
    ["a number", () => 5],
    ["null", () => null],
    ["undefined", () => undefined],
    ["a bigint", () => 5n],
    ["an object", () => ({ byteLength: 3, buffer: new ArrayBuffer(3) })],
    ["an array", () => [1, 2, 3]],
    ["a SharedArrayBuffer", () => new SharedArrayBuffer(4)],
    ["a Uint8Array over shared memory", () => new Uint8Array(new SharedArrayBuffer(4))],
    ["a Uint16Array", () => new Uint16Array(2)],
    ["a DataView", () => new DataView(new ArrayBuffer(2))],
  ];
  test.each(cases)("%s fails the transport and closes the port", async (_name, make) => {
    const { transport, peer } = scripted();
    const sink = recorder();
    await transport.start(sink);
    const gone = once(peer as unknown as import("node:worker_threads").MessagePort, "close");
    peer.postMessage(make());
    const { error } = await sink.untilEnd();
    expect(error?.code).toBe("peer_protocol");
    expect(error?.message).toMatch(/the port delivered/);
    await gone;
  });

  test("a port inside a message is closed", async () => {
    const { transport, peer } = scripted();
    const sink = recorder();
    await transport.start(sink);
    const smuggled = new MessageChannel();
    const gone = once(smuggled.port2, "close");
    peer.postMessage({ deep: [smuggled.port1] }, [smuggled.port1 as unknown as MessagePort]);
    expect((await sink.untilEnd()).error?.code).toBe("peer_protocol");
    await gone;
  });

  test("O09: an event made by a script: getters, proxies and detached buffers run nothing and fail", async () => {
    const detached = new Uint8Array(4);
    structuredClone(detached, { transfer: [detached.buffer] });
    const trap = new Proxy(
      {},
      {
        get: () => getterRan.push("get"),
        getPrototypeOf() {
          getterRan.push("getPrototypeOf");
          return null;
        },
      },
    );
    for (const data of [withGetter, trap, detached, detached.buffer]) {
      const port = new FakePort();
      const sink = recorder();
      const transport = messagePortTransport(port);
      await transport.start(sink);
      port.dispatchEvent(new MessageEvent("message", { data }));
      expect((await sink.untilEnd()).error?.code).toBe("peer_protocol");
    }
    expect(getterRan).toEqual([]);
  });

  test("T06: messageerror fails the transport", async () => {
    const port = new FakePort();
    const sink = recorder();
    await messagePortTransport(port).start(sink);
    port.dispatchEvent(new MessageEvent("messageerror"));
    expect((await sink.untilEnd()).error?.message).toMatch(/messageerror/);
  });

  test("a frame that is a view of a larger buffer does not keep that buffer", async () => {
    const { transport, peer } = scripted();
    const sink = recorder();
    await transport.start(sink);
    peer.postMessage(new Uint8Array(100_000).subarray(5, 8));
    await sink.untilFrames(1);
    expect(sink.frames[0]?.buffer.byteLength).toBe(3);
    transport.close();
  });

  test("F28: a frame above the limit is dropped and fails the transport", async () => {
    const { transport, peer } = scripted({ maxFrameBytes: 1000 });
    const sink = recorder();
    await transport.start(sink);
    peer.postMessage(pattern(1, 1000));
    peer.postMessage(pattern(1, 1001));
    expect((await sink.untilEnd()).error?.data).toEqual({ sizeBytes: 1001, limitBytes: 1000 });
    expect(sink.frames.length).toBe(1);
  });

  test("T05: more than 8 frames or 16 KiB before start() close the port", async () => {
    for (const frames of [Array.from({ length: 9 }, () => pattern(1, 1)), [pattern(1, 16 * 1024 + 1)]]) {
      const { transport, peer } = scripted();
      const gone = once(peer as unknown as import("node:worker_threads").MessagePort, "close");
      for (const frame of frames) peer.postMessage(frame);
      await gone;
      const sink = recorder();
      await transport.start(sink);
      expect((await sink.untilEnd()).error?.code).toBe("local_limit");
    }
  });
});

describeTransport("Electron port", () => {
  const { port1, port2 } = new MessageChannel();
  const closed = Promise.all([once(port1, "close"), once(port2, "close")]);
  return {
    a: messagePortTransport(new ElectronPort(port1)),
    b: messagePortTransport(new ElectronPort(port2)),
    async dispose() {
      await closed;
    },
  };
});

test("Electron: a port that comes along is closed, and what looks like one runs nothing", async () => {
  const port = Object.assign(new EventEmitter(), { postMessage() {}, start() {}, close() {} });
  const sink = recorder();
  await messagePortTransport(port).start(sink);
  let closed = 0;
  const ports = [{ close: () => closed++ }, { close: 5 }, null, 7];
  port.emit("message", { data: pattern(1, 4), ports });
  expect((await sink.untilEnd()).error).toMatchObject({ code: "peer_protocol" });
  expect(closed).toBe(1);
});

describe("over a worker thread", () => {
  test("frames cross, exit ends the transport, and the worker is not terminated by close()", async () => {
    const worker = new Worker(
      "require('node:worker_threads').parentPort.on('message', (m) => { if (m[0] === 9) process.exit(3); if (m[0] !== 0xf0) require('node:worker_threads').parentPort.postMessage(m); })",
      { eval: true },
    );
    const transport = messagePortTransport(worker);
    const sink = recorder();
    await transport.start(sink);
    transport.send(pattern(1, 5));
    await sink.untilFrames(1);
    expect(sink.frames).toEqual([pattern(1, 5)]);
    transport.send(Uint8Array.of(9));
    expect(await sink.untilEnd()).toEqual({ end: { reason: "the worker exited with code 3" } });
  });

  test("a worker that throws fails the transport with the worker's message", async () => {
    const sink = recorder();
    await messagePortTransport(new Worker("throw new Error('no such luck')", { eval: true })).start(sink);
    const { error } = await sink.untilEnd();
    expect(error?.code).toBe("transport_lost");
    expect(error?.message).toMatch(/no such luck/);
  });
});

describe("workers", () => {
  // Node's locks do not reach beyond a thread, so the other side of these tests is a lock held in this one.
  test("T07: a side that dies without a word is noticed by its lock, after its last frames", async (context) => {
    if (globalThis.navigator?.locks === undefined) context.skip();
    const port = new FakePort();
    const sink = recorder();
    await messagePortTransport(port).start(sink);
    const lock = (await holdLifeLock()) as LifeLock;
    port.dispatchEvent(new MessageEvent("message", { data: announcement(lock.name) }));
    while (!(await navigator.locks.query()).pending?.some(({ name }) => name === lock.name)) await tasks(1);
    lock.release();
    while ((await navigator.locks.query()).held?.some(({ name }) => name === lock.name)) await tasks(1);
    port.dispatchEvent(new MessageEvent("message", { data: pattern(1, 4) }));
    expect((await sink.untilEnd()).end?.reason).toMatch(/lock/);
    expect(sink.frames).toEqual([pattern(1, 4)]);
  });

  test("T07: a lock that cannot be seen from here is not taken for a death, and close() gives back the own one", async (context) => {
    if (globalThis.navigator?.locks === undefined) context.skip();
    const port = new FakePort();
    const sink = recorder();
    const transport = messagePortTransport(port);
    await transport.start(sink);
    const own = readAnnouncement(port.posted[0] as Uint8Array)?.lockName as string;
    expect((await navigator.locks.query()).held?.map(({ name }) => name)).toContain(own);
    port.dispatchEvent(new MessageEvent("message", { data: announcement("cuttle-life-of-another-origin") }));
    await tasks(20);
    expect(sink.outcome).toBeUndefined();
    transport.close();
    await tasks(20);
    expect(await navigator.locks.query()).toEqual({ held: [], pending: [] });
  });

  test("a browser's worker: an error before its first frame fails, one after it does not", async () => {
    const early = new FakeWorker();
    const sink = recorder();
    await messagePortTransport(early).start(sink);
    early.dispatchEvent(new Event("error"));
    expect((await sink.untilEnd()).error?.message).toMatch(/script could not be loaded/);
    const late = new FakeWorker();
    const lateSink = recorder();
    const transport = messagePortTransport(late);
    await transport.start(lateSink);
    late.dispatchEvent(new MessageEvent("message", { data: pattern(1, 2) }));
    late.dispatchEvent(new Event("error"));
    expect(lateSink.outcome).toBeUndefined();
    transport.close();
    expect(late.terminated).toBe(false);
  });
});

class FakePort extends EventTarget {
  readonly posted: unknown[] = [];
  postMessage(message: unknown): void {
    this.posted.push(message);
  }
  start(): void {}
  close(): void {}
}

class FakeWorker extends EventTarget {
  terminated = false;
  postMessage(): void {}
  terminate(): void {
    this.terminated = true;
  }
}
