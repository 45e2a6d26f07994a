/** Servers that are none, break down or speak something else, over real sockets. Case ids are those of attacks.md. */

import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket as NodeWebSocket, WebSocketServer } from "ws";
import { type Connection, CuttleError, connect, type Infer, json, mpsc, postbag, t } from "../../ts/index.ts";
import { numbersOf } from "../scenarios/count.ts";
import { Ask, CountNote, CountReq, Source } from "../scenarios/types.ts";
import { useRustPeers, versions } from "./support.ts";
import { virtualClock } from "./virtual-clock.ts";

const peerOf = useRustPeers();

/** Another connection of this program: it must not notice anything. */
let canary: Connection<Infer<typeof CountReq>, Infer<typeof CountNote>>;
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);

beforeAll(async () => {
  canary = await connect(`${peerOf("0.20.5").url}/count/postbag`, { send: CountReq, receive: CountNote });
});
afterAll(() => canary.close());
beforeEach(() => void process.on("unhandledRejection", onUnhandled));
afterEach(async () => {
  const [seq_tx, seq_rx] = mpsc.channel(t.u32);
  await canary.tx.send({ up_to: 3, seq_tx });
  expect(await numbersOf(seq_rx)).toEqual([0, 1, 2]);
  process.off("unhandledRejection", onUnhandled);
  expect(unhandled.splice(0)).toEqual([]);
});

/** Serves WebSockets until the test is over. */
async function withSockets<T>(
  onSocket: (socket: NodeWebSocket, path: string) => void,
  body: (url: string) => Promise<T>,
): Promise<T> {
  const sockets = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  sockets.on("connection", (socket, request) => onSocket(socket, request.url ?? ""));
  await new Promise((resolve) => sockets.once("listening", resolve));
  try {
    return await body(`ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`);
  } finally {
    for (const socket of sockets.clients) socket.terminate();
    await new Promise((resolve) => sockets.close(resolve));
  }
}

/** What `promise` rejects with, which must be an error of ours. */
async function errorOf(promise: Promise<unknown>): Promise<CuttleError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (CuttleError.is(error)) return error;
  throw new Error(`expected a CuttleError, got ${String(error)}`);
}

describe("what is no remoc server", () => {
  test("H02: a port at which nobody listens is named in the error", async () => {
    const error = await errorOf(connect("ws://127.0.0.1:1/count/postbag"));
    expect(error.code).toBe("transport_connect");
    expect(error.message).toContain("ws://127.0.0.1:1/count/postbag");
  });

  test("H02: an HTTP server that accepts no WebSocket is told from a remoc server", async () => {
    const server: HttpServer = createServer((_request, response) => response.end("hello"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const error = await errorOf(connect(`ws://127.0.0.1:${port}/`));
    server.closeAllConnections();
    server.close();
    expect(error.code).toBe("transport_connect");
    expect(error.message).toMatch(/does not accept WebSockets at this path/);
  });

  test("H02: a path that a remoc server does not serve fails to connect", async () => {
    const error = await errorOf(connect(`${peerOf("0.20.5").url}/nothing/postbag`));
    expect(error.code).toBe("transport_connect");
  });

  test("H02: an echo server is recognized", async () => {
    const echo = (socket: NodeWebSocket): void => void socket.on("message", (data) => socket.send(data));
    const error = await withSockets(echo, (url) => errorOf(connect(url)));
    expect(error.code).toBe("peer_not_remoc");
    expect(error.message).toMatch(/echo server/);
  });

  test.each([1, 2, 3, 4, 5])("H02: random bytes are no Hello (seed %i)", async (seed) => {
    const pour = (socket: NodeWebSocket): void => {
      for (let i = 0; i < 200; i++) socket.send(randomBytes(seed * 1_000 + i));
    };
    const error = await withSockets(pour, (url) => errorOf(connect(url)));
    expect(error.code).toBe("peer_not_remoc");
    expect(error.message).toMatch(/Check the URL/);
  });

  test("H02: a server that hangs up at once is no remoc server", async () => {
    const error = await withSockets(
      (socket) => socket.close(),
      (url) => errorOf(connect(url)),
    );
    expect(error.code).toBe("peer_not_remoc");
    expect(error.message).toMatch(/closed the connection before it said Hello/);
  });

  test("H08: a peer that never says Hello is given up after the handshake timeout, and not before", async () => {
    const clock = virtualClock();
    await withSockets(
      () => {},
      async (url) => {
        const connecting = errorOf(connect(url, { clock, handshakeTimeoutMs: 5_000 }));
        let settled = false;
        void connecting.then(() => {
          settled = true;
        });
        clock.advance(4_999);
        await Promise.resolve();
        expect(settled).toBe(false);
        clock.advance(1);
        const error = await connecting;
        expect(error.code).toBe("peer_handshake_timeout");
        expect(clock.timers).toBe(0);
      },
    );
  });

  test("F26: text messages are ignored, so a server that sends nothing else runs into the timeout", async () => {
    const clock = virtualClock();
    let arrived: () => void;
    const allArrived = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const chat = (socket: NodeWebSocket): void => {
      for (let i = 0; i < 50; i++) socket.send(`message ${i}`);
      socket.once("pong", () => arrived());
      socket.ping(); // Answered by the client when it has read what came before.
    };
    const error = await withSockets(chat, async (url) => {
      const connecting = errorOf(connect(url, { clock }));
      await allArrived;
      clock.advance(10_000);
      return await connecting;
    });
    expect(error.code).toBe("peer_handshake_timeout");
    expect(error.message).toMatch(/remoc or cuttle endpoint/);
  });
});

describe.each(versions)("a connection to remoc %s that is cut", (version) => {
  /** Forwards to the real peer, and cuts both sides after `frames` messages from it. */
  function cutAfter(frames: number): (socket: NodeWebSocket, path: string) => void {
    return (socket, path) => {
      const upstream = new NodeWebSocket(peerOf(version).url + path);
      const early: Buffer[] = [];
      let forwarded = 0;
      const cut = (): void => {
        socket.terminate();
        upstream.terminate();
      };
      socket.on("message", (data: Buffer) => {
        if (upstream.readyState === upstream.OPEN) upstream.send(data);
        else early.push(data);
      });
      upstream.on("open", () => {
        for (const data of early.splice(0)) upstream.send(data);
        if (frames === 0) cut();
      });
      upstream.on("error", () => {});
      upstream.on("message", (data: Buffer) => {
        if (forwarded === frames) return;
        forwarded += 1;
        socket.send(data, () => {
          if (forwarded === frames) cut();
        });
      });
    };
  }

  // 0 to 2: before and with Hello; 3 to 6: base ports; then the channel's port, and in the middle of values.
  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 30])("S01: after %i messages everything fails alike", async (frames) => {
    await withSockets(cutAfter(frames), async (url) => {
      const outcome = await connect(`${url}/source/postbag`, { send: Source }).catch((error: unknown) => error);
      if (CuttleError.is(outcome)) {
        expect(outcome.code).toBe(frames < 2 ? "peer_not_remoc" : "transport_lost");
        return;
      }
      const conn = outcome as Connection<Infer<typeof Source>>;
      const closed = errorOf(conn.closed);
      const [tx, rx] = mpsc.channel(t.bytes);
      const sending = conn.tx.send({ tx, item_bytes: 20_000, items: 1_000 }).then(() => rx.recv());
      const reading = sending.then(async () => {
        while ((await rx.recv()) !== undefined);
      });
      const errors = await Promise.all([closed, errorOf(reading), errorOf(conn.rx.recv())]);
      expect(errors.map((error) => error.code)).toEqual(["transport_lost", "transport_lost", "transport_lost"]);
      expect(errors[0].message).toMatch(/ended before the connection was closed/);
      const [late] = mpsc.channel(t.bytes);
      expect(await errorOf(conn.tx.send({ tx: late, item_bytes: 1, items: 1 }))).toMatchObject({
        code: "transport_lost",
      });
      expect(conn.state).toBe("closed");
      expect(conn.stats()).toMatchObject({ ports: 0, bufferedBytes: 0 });
    });
  });
});

describe.each(versions)("remoc %s with another codec", (version) => {
  test.each([
    { ours: postbag, theirs: json },
    { ours: json, theirs: postbag },
  ])("D14: we read $ours.name and it writes $theirs.name", async ({ ours, theirs }) => {
    const url = `${peerOf(version).url}/request-count/${theirs.name}`;
    await using conn = await connect(url, { codec: ours, send: t.u32, receive: Ask });
    const error = await errorOf(conn.rx.recv());
    expect(error.code).toBe("peer_decode");
    expect(error.message).toMatch(/codec/);
    expect(error.message).toContain(ours.name);
    expect(conn.state).toBe("open");
  });
});

/** 1 to 64 bytes that depend on the seed alone. */
function randomBytes(seed: number): Uint8Array {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
  return Uint8Array.from({ length: 1 + (next() % 64) }, next);
}
