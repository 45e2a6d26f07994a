import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy that a test can make misbehave. */
export interface Proxy {
  readonly port: number;
  /** Passes on nothing more and says nothing, as a cable that was pulled. */
  freeze(): void;
  close(): Promise<void>;
}

/**
 * Passes bytes on to `port`. With `holdBytes` it passes them on in lumps of so many, and what is less once nothing has
 * come for a turn of the event loop.
 */
export async function startProxy(port: number, { holdBytes = 0 }: { holdBytes?: number } = {}): Promise<Proxy> {
  let frozen = false;
  const sockets: Socket[] = [];
  const pass = (from: Socket, to: Socket): void => {
    let held: Buffer[] = [];
    let heldBytes = 0;
    const letGo = (): void => {
      if (!frozen) for (const chunk of held) to.write(chunk);
      held = [];
      heldBytes = 0;
    };
    from.on("data", (chunk) => {
      held.push(chunk);
      heldBytes += chunk.length;
      if (heldBytes >= holdBytes) return letGo();
      const seen = heldBytes;
      setImmediate(() => setImmediate(() => heldBytes === seen && letGo()));
    });
    from.on("end", () => !frozen && to.end());
    from.on("error", () => {});
  };
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    sockets.push(near, far);
    pass(near, far);
    pass(far, near);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    freeze() {
      frozen = true;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
