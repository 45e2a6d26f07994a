import { io } from "socket.io-client";
import type { Client, Place, Rival } from "./rival.ts";
import { countdown, paced } from "./service.ts";

/** WebSocket from the start, without the polling before it; bytes go as its binary attachments. */
export const socketio: Rival = {
  name: "socket.io",
  level: "value",
  async connect(place: Place): Promise<Client> {
    const socket = io((place as string).replace(/^ws/, "http"), {
      transports: ["websocket"],
      reconnection: false,
      forceNew: true,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    });
    return {
      call: async (value) => (await socket.emitWithAck("call", value)) as number,
      upload: async (bytes) => (await socket.emitWithAck("upload", bytes)) as number,
      async push(count) {
        await paced(count, (value) => socket.emit("note", value));
        await socket.emitWithAck("noted", count);
      },
      async pull(count) {
        const { one, done } = countdown(count);
        socket.on("take", one);
        socket.emit("pull", count);
        await done;
        socket.off("take");
      },
      close: () => socket.close(),
    };
  },
};
