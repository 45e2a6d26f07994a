import { createServer, connect as dial, type Socket } from "node:net";

/** A TCP proxy in front of `port` that passes on `bytesPerSecond` each way, with a bounded queue and a delay. */
export interface Throttle {
  readonly port: number;
  close(): Promise<void>;
}

/** One timer step; finer ones are not kept by the event loop. */
const STEP_MS = 1;

/** Starts a proxy to `port` on localhost. `queueBytes`: what may wait in each direction, as in a router. */
export async function throttle(
  port: number,
  {
    bytesPerSecond,
    queueBytes = 65_536,
    delayMs = 0,
  }: { bytesPerSecond: number; queueBytes?: number; delayMs?: number },
): Promise<Throttle> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, highWaterMark: 16_384 }, (client) => {
    const upstream = dial({ port, host: "localhost", noDelay: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    pipe(client, upstream, bytesPerSecond, queueBytes, delayMs);
    pipe(upstream, client, bytesPerSecond, queueBytes, delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return {
    port: (server.address() as { port: number }).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A token bucket that is never more than a step full. */
function pipe(from: Socket, to: Socket, bytesPerSecond: number, queueBytes: number, delayMs: number): void {
  const queue: { bytes: Buffer; at: number }[] = [];
  let queued = 0;
  let tokens = 0;
  let last = performance.now();
  from.on("data", (bytes: Buffer) => {
    queue.push({ bytes, at: performance.now() + delayMs });
    queued += bytes.length;
    if (queued >= queueBytes) from.pause();
    if (delayMs === 0) step();
  });
  const step = (): void => {
    const now = performance.now();
    tokens = Math.min(tokens + ((now - last) / 1000) * bytesPerSecond, (bytesPerSecond * 5 * STEP_MS) / 1000);
    last = now;
    for (let head = queue[0]; head !== undefined && tokens >= 1 && head.at <= now; head = queue[0]) {
      const part = head.bytes.subarray(0, Math.floor(tokens));
      to.write(part);
      tokens -= part.length;
      queued -= part.length;
      if (part.length === head.bytes.length) queue.shift();
      else head.bytes = head.bytes.subarray(part.length);
    }
    if (queued < queueBytes) from.resume();
  };
  const timer = setInterval(step, STEP_MS);
  from.on("close", () => clearInterval(timer));
  to.on("close", () => clearInterval(timer));
}
