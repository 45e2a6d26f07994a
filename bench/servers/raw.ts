import { socketCarrier } from "../rivals/raw-carriers.ts";
import { answerRaw } from "../rivals/raw-messages.ts";
import type { Serve } from "../rivals/rival.ts";
import { listenSockets } from "./listen.ts";

export const serveRaw: Serve = () =>
  listenSockets((socket) => {
    const carrier = socketCarrier(socket);
    socket.on("message", (data: Buffer<ArrayBuffer>) => {
      answerRaw(data, carrier).catch((error: unknown) => console.error(error));
    });
  });
