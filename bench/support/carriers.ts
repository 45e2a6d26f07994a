/** Carriers of Node, as they are: two ends in this process, and the least code that moves messages over them. */

import { once } from "node:events";
import { rmSync } from "node:fs";
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { WebSocket, WebSocketServer } from "ws";
import { selfSigned } from "../../tests/behaviour/support/certificate.ts";
import { dataChannels } from "../../tests/behaviour/support/data-channels.ts";
import type { DataChannelLike } from "../../ts/index.ts";
import type { NodeTarget } from "../../ts/node/index.ts";

/** One end of a raw carrier. */
export interface RawEnd {
  send(bytes: Uint8Array<ArrayBuffer>): void;
  /** Resolves when there is room for more. */
  room(): Promise<void>;
  /** Calls `onBytes` with the length of everything that comes. */
  listen(onBytes: (lenBytes: number) => void): void;
}

/** Two connected ends, fresh: for `connect`, or raw. */
export interface Ends {
  readonly targets: readonly [NodeTarget, NodeTarget];
  raw(): [RawEnd, RawEnd];
  close(): void;
}

/** The carriers by name. */
export const carriers: Record<string, () => Promise<Ends>> = {
  WebSocket: webSockets,
  MessagePort: messagePorts,
  "WebRTC data channel": channels,
  TCP: () => sockets(createServer(), "127.0.0.1"),
  "Unix socket": () => sockets(createServer(), join(tmpdir(), `cuttle-bench-${process.pid}.sock`)),
  TLS: () => sockets(createTlsServer(certificate), "127.0.0.1"),
};

const certificate = selfSigned();
/** As in front of a socket in `throughput`. */
const ROOM_BYTES = 4 * 1024 * 1024;
/** Messages to a port that were not acknowledged, and how often they are. */
const PORT_ROOM = 64;
const PORT_ACK = 16;

async function sockets(server: ReturnType<typeof createServer>, where: string): Promise<Ends> {
  const isTls = "setSecureContext" in server;
  const isPath = where.startsWith("/");
  if (isPath) rmSync(where, { force: true });
  server.listen(isPath ? { path: where } : { port: 0, host: where });
  await once(server, "listening");
  const { port } = (isPath ? {} : server.address()) as AddressInfo;
  const options = isPath ? { path: where } : { port, host: where };
  const near = isTls ? connectTls({ ...options, ca: certificate.cert }) : connectSocket(options);
  const [far] = (await once(server, isTls ? "secureConnection" : "connection")) as [Socket];
  for (const socket of [near, far]) socket.setNoDelay(true);
  return {
    targets: [near, far],
    raw: () => [streamEnd(near), streamEnd(far)],
    close() {
      near.destroy();
      far.destroy();
      server.close();
    },
  };
}

function streamEnd(duplex: Duplex): RawEnd {
  return {
    send: (bytes) => void duplex.write(bytes),
    async room() {
      if (duplex.writableLength > ROOM_BYTES) await once(duplex, "drain");
    },
    listen: (onBytes) => void duplex.on("data", (chunk: Buffer) => onBytes(chunk.length)),
  };
}

async function webSockets(): Promise<Ends> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  await once(server, "listening");
  const near = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { perMessageDeflate: false });
  const [[far]] = (await Promise.all([once(server, "connection"), once(near, "open")])) as [[WebSocket], unknown];
  const end = (socket: WebSocket): RawEnd => ({
    send: (bytes) => socket.send(bytes),
    async room() {
      while (socket.bufferedAmount > ROOM_BYTES) await new Promise((resolve) => setImmediate(resolve));
    },
    listen: (onBytes) => void socket.on("message", (data: Buffer) => onBytes(data.length)),
  });
  return {
    targets: [near, far],
    raw: () => [end(near), end(far)],
    close() {
      near.terminate();
      far.terminate();
      server.close();
    },
  };
}

async function messagePorts(): Promise<Ends> {
  const { port1, port2 } = new MessageChannel();
  const end = (port: MessagePort): RawEnd => {
    let [ahead, taken] = [0, 0];
    let wake = (): void => {};
    let heard = (_lenBytes: number): void => {};
    port.onmessage = ({ data }: MessageEvent<Uint8Array | null>) => {
      if (data === null) {
        ahead -= PORT_ACK;
        return wake();
      }
      taken += 1;
      if (taken % PORT_ACK === 0) port.postMessage(null);
      heard(data.byteLength);
    };
    return {
      send: (bytes) => port.postMessage(bytes, [bytes.buffer]),
      async room() {
        ahead += 1;
        while (ahead > PORT_ROOM) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      },
      listen(onBytes) {
        heard = onBytes;
      },
    };
  };
  return {
    targets: [port1, port2],
    raw: () => [end(port1), end(port2)],
    close() {
      port1.close();
      port2.close();
    },
  };
}

async function channels(): Promise<Ends> {
  const [near, far] = await dataChannels();
  const end = (channel: DataChannelLike): RawEnd => {
    channel.binaryType = "arraybuffer";
    channel.bufferedAmountLowThreshold = ROOM_BYTES / 8;
    return {
      send: (bytes) => channel.send(bytes),
      async room() {
        if (channel.bufferedAmount < ROOM_BYTES / 4) return;
        await new Promise<void>((resolve) => {
          const low = (): void => {
            channel.removeEventListener("bufferedamountlow", low);
            resolve();
          };
          channel.addEventListener("bufferedamountlow", low);
        });
      },
      listen: (onBytes) =>
        channel.addEventListener("message", ({ data }: { data: ArrayBuffer }) => onBytes(data.byteLength)),
    };
  };
  return {
    targets: [near, far],
    raw: () => [end(near), end(far)],
    close() {
      near.close();
      far.close();
    },
  };
}
