import { type Channel, createBirpc } from "birpc";
import type { Client, Place, Rival, WorkerScope } from "./rival.ts";
import { countdown, paced, Service, toBase64 } from "./service.ts";

/** A WebSocket of a page or of Node, as far as it is used. */
export interface SocketLike {
  send(data: string): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
}

/** Its README leaves the format to the user; JSON is the common choice, and carries bytes as base64. */
export function overSocket(socket: SocketLike): Channel {
  return {
    post: (data) => socket.send(data as string),
    on: (listener) => socket.addEventListener("message", (event) => listener(event.data)),
    serialize: (data) => JSON.stringify(data),
    deserialize: (data: string) => JSON.parse(data),
    timeout: 600_000,
  };
}

/** Offers the service over a channel. */
export function answerBirpc(channel: Channel): void {
  const service = new Service();
  const rpc = createBirpc(
    {
      call: (value: number) => service.call(value),
      upload: (data: Uint8Array | string) => service.upload(data),
      note: (value: number) => service.note(value),
      noted: (count: number) => service.noted(count),
      pull: (count: number) => paced(count, (value) => void rpc.$callEvent("take", value)),
    },
    channel,
  );
}

export const birpc: Rival = {
  name: "birpc",
  level: "value",
  async connect(place: Place): Promise<Client> {
    if (typeof place !== "string") return clientOver(overWorker(place), { bytes: true, close: () => {} });
    const socket = new WebSocket(place);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", reject);
    });
    return clientOver(overSocket(socket), { bytes: false, close: () => socket.close() });
  },
  answer: (worker) => answerBirpc(overWorker(worker)),
};

function overWorker(worker: WorkerScope): Channel {
  return {
    post: (data) => worker.postMessage(data),
    on: (listener) => worker.addEventListener("message", (event) => listener((event as MessageEvent).data)),
    timeout: 600_000,
  };
}

function clientOver(channel: Channel, { bytes: takesBytes, close }: { bytes: boolean; close(): void }): Client {
  let take = (): void => {};
  const rpc = createBirpc({ take: () => take() }, channel);
  return {
    call: async (value) => (await rpc.$call("call", value)) as number,
    upload: async (bytes) => (await rpc.$call("upload", takesBytes ? bytes : toBase64(bytes))) as number,
    async push(count) {
      await paced(count, (value) => void rpc.$callEvent("note", value));
      await rpc.$call("noted", count);
    },
    async pull(count) {
      const { one, done } = countdown(count);
      take = one;
      await rpc.$call("pull", count);
      await done;
    },
    close,
  };
}
