import { newWebSocketRpcSession } from "capnweb";
import { Main } from "../rivals/capnweb.ts";
import type { Serve } from "../rivals/rival.ts";
import { listenSockets } from "./listen.ts";

export const serveCapnweb: Serve = () =>
  listenSockets((socket) => {
    newWebSocketRpcSession(socket, new Main());
  });
