import { answerBirpc, overSocket } from "../rivals/birpc.ts";
import type { Serve } from "../rivals/rival.ts";
import { listenSockets } from "./listen.ts";

export const serveBirpc: Serve = () => listenSockets((socket) => answerBirpc(overSocket(socket)));
