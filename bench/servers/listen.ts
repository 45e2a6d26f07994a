import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

/** A HTTP server on a free port of 127.0.0.1, and the WebSocket URL for it. */
export async function listenHttp(): Promise<{ server: Server; url: string }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** Listens for WebSockets and hands each to `onSocket`; resolves with the URL. */
export async function listenSockets(
  onSocket: (socket: WebSocket) => void,
  select?: (offered: Set<string>) => string | false,
): Promise<string> {
  const { server, url } = await listenHttp();
  const options = select === undefined ? {} : { handleProtocols: select };
  const sockets = new WebSocketServer({ server, ...options });
  sockets.on("connection", (socket) => {
    socket.on("error", () => {}); // The client's measurement fails, and says so.
    onSocket(socket);
  });
  return url;
}
