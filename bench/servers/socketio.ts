import { Server } from "socket.io";
import type { Serve } from "../rivals/rival.ts";
import { paced, Service } from "../rivals/service.ts";
import { listenHttp } from "./listen.ts";

/** Its pong waits behind an upload; with the default it would take a slow link for a dead one. */
const PING_TIMEOUT_MS = 600_000;

export const serveSocketio: Serve = async () => {
  const { server, url } = await listenHttp();
  const io = new Server(server, { maxHttpBufferSize: 1e8, pingTimeout: PING_TIMEOUT_MS, cors: { origin: true } });
  io.on("connection", (socket) => {
    const service = new Service();
    type Ack<T> = (result: T) => void;
    socket.on("call", (value: number, ack: Ack<number>) => ack(service.call(value)));
    socket.on("upload", (bytes: Uint8Array, ack: Ack<number>) => ack(service.upload(bytes)));
    socket.on("note", (value: number) => service.note(value));
    socket.on("noted", (count: number, ack: Ack<null>) => void service.noted(count).then(() => ack(null)));
    socket.on("pull", (count: number) => void paced(count, (value) => socket.emit("take", value)));
  });
  return url;
};
