import type { Carrier } from "./raw-messages.ts";
import type { WorkerScope } from "./rival.ts";

/** A WebSocket of a page or of Node, as far as it is used. */
export interface SocketLike {
  readonly bufferedAmount: number;
  send(bytes: Uint8Array<ArrayBuffer>): void;
}

/** Bytes in front of a socket above which bulk waits: far more than the socket can send before the next look. */
const SOCKET_ROOM_BYTES = 4 * 1024 * 1024;
/** Messages of 64 KiB to a worker that were not acknowledged, above which bulk waits. */
const WORKER_ROOM = 64;
/** A worker acknowledges every so many. */
const WORKER_ACK = 16;

/** A WebSocket has no event for a socket that drained: timers look again. */
export function socketCarrier(socket: SocketLike): Carrier {
  return {
    send: (bytes) => socket.send(bytes),
    async room() {
      while (socket.bufferedAmount > SOCKET_ROOM_BYTES) await new Promise((resolve) => setTimeout(resolve, 1));
    },
    took() {},
  };
}

/** A port has no back-pressure at all: null is an acknowledgement. Buffers are transferred. */
export function workerCarrier(worker: WorkerScope, onMessage: (bytes: Uint8Array<ArrayBuffer>) => void): Carrier {
  let ahead = 0;
  let taken = 0;
  let wake = (): void => {};
  worker.addEventListener("message", (event) => {
    const { data } = event as MessageEvent<ArrayBuffer | null>;
    if (data !== null) return onMessage(new Uint8Array(data));
    ahead -= WORKER_ACK;
    wake();
  });
  return {
    send: (bytes) => worker.postMessage(bytes.buffer, [bytes.buffer]),
    async room() {
      ahead += 1;
      while (ahead > WORKER_ROOM) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    took() {
      taken += 1;
      if (taken % WORKER_ACK === 0) worker.postMessage(null);
    },
  };
}
