/** A program that serves whoever started it, over its standard streams. */

// #region readme
import { provide } from "../../ts/node/index.ts";

const tools = {
  shout: (text: string): string => text.toUpperCase(),
  pid: (): number => process.pid,
};
export type Tools = typeof tools;

console.error("ready"); // not console.log: stdout belongs to the connection
const connection = await provide(tools, { to: process });
await connection.closed;
// #endregion
