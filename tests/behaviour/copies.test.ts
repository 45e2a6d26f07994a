import { expect, test, vi } from "vitest";
import { bin, connect, t } from "../../ts/index.ts";
import { bytesCopied } from "./support/copies.ts";

const Load = t.struct({ rx: t.bin.receiver });

/** One end of a WebSocket in this process. Messages arrive in later tasks, unless they are held. */
class Socket extends EventTarget {
  readyState = 1;
  bufferedAmount = 0;
  binaryType = "blob";
  other: Socket | undefined;
  held: ArrayBuffer[] | undefined;

  send(data: Uint8Array<ArrayBuffer>): void {
    // As a socket does it: what was given may change afterwards.
    const bytes = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
    if (this.held === undefined) setTimeout(() => this.other?.arrives(bytes));
    else this.held.push(bytes);
  }

  arrives(bytes: ArrayBuffer): void {
    this.dispatchEvent(new MessageEvent("message", { data: bytes }));
  }

  close(): void {
    for (const socket of [this, this.other]) {
      if (socket === undefined || socket.readyState === 3) continue;
      socket.readyState = 3;
      setTimeout(() => socket.dispatchEvent(new CloseEvent("close", { code: 1000 })));
    }
  }
}

test("bytes are copied once on their way from the program to the socket", async () => {
  const [near, far] = [new Socket(), new Socket()];
  [near.other, far.other] = [far, near];
  const [client, server] = await Promise.all([connect(near, { send: Load }), connect(far, { receive: Load })]);
  const [tx, rx] = bin.channel();
  await client.tx.send({ rx });
  const received = await server.rx.recv();
  near.held = [];
  const message = new Uint8Array(48 * 1024).fill(7);
  const copied = await bytesCopied(async () => {
    await tx.send(message);
    await vi.waitFor(() => expect(held(near)).toBeGreaterThan(message.length), { timeout: 20_000 });
  });
  expect(copied).toBeGreaterThanOrEqual(message.length);
  expect(copied).toBeLessThan(message.length + 1_024);
  const messages = near.held;
  near.held = undefined;
  for (const bytes of messages) far.arrives(bytes);
  expect(await received?.rx.recv()).toEqual(message);
  await client.close();
  await server.closed;
});

test("a large value is copied twice between the socket and the program, which gets a view", async () => {
  const [near, far] = [new Socket(), new Socket()];
  [near.other, far.other] = [far, near];
  const limits = { itemBytes: 64 * 1024 * 1024 };
  const [client, server] = await Promise.all([
    connect(near, { send: t.bytes, limits }),
    connect(far, { receive: t.bytes, limits }),
  ]);
  const data = new Uint8Array(20 * 1024 * 1024).fill(3);
  const copied = await bytesCopied(async () => {
    const receiving = server.rx.recv();
    await client.tx.send(data);
    const got = await receiving;
    expect(got?.length).toBe(data.length);
    expect(got?.byteOffset, "a view").toBeGreaterThan(0);
  });
  // Once into the batches of the sender, then from chunks to blocks, and from blocks to the whole.
  expect(copied).toBeGreaterThanOrEqual(3 * data.length);
  expect(copied).toBeLessThan(3.01 * data.length);
  await client.close();
  await server.closed;
});

function held(socket: Socket): number {
  return (socket.held ?? []).reduce((sum, { byteLength }) => sum + byteLength, 0);
}
