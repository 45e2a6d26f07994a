/** Clients of an idle server that stay and do nothing: `node idle-clients.ts URL COUNT`. Started by `transports`, ends with it. */

import { consume } from "../../ts/index.ts";

/** How many connect at once: a queue of the system holds few more. */
const AT_ONCE = 50;

const [url = "", count = "0"] = process.argv.slice(2);
const kept: unknown[] = [];
while (kept.length < Number(count)) {
  const missing = Math.min(AT_ONCE, Number(count) - kept.length);
  kept.push(...(await Promise.all(Array.from({ length: missing }, () => consume(url)))));
}
process.send?.("connected");
process.on("disconnect", () => process.exit(0));
