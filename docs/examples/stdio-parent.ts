/** Starts a program and uses what it provides. */

// #region readme
import { spawn } from "node:child_process";
import { consume } from "../../ts/node/index.ts";
import type { Tools } from "./stdio-child.ts";

export async function shout(script: string, text: string): Promise<string> {
  const child = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "ignore"] });
  // A program takes a while to start. It ends with the connection.
  await using tools = await consume<Tools>(child, { handshakeTimeoutMs: 60_000 });
  return await tools.shout(text);
}
// #endregion
