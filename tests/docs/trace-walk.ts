/**
 * A program, not a test: runs the walk of ARCHITECTURE.md between a WebSocket client and a server in this process, and
 * prints the functions of the walk in the order in which they were entered, one `file name` a line. Breakpoints whose
 * condition only takes a note see every call without stopping.
 */

import { Session } from "node:inspector/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { connect, mpsc, t } from "../../ts/index.ts";
import { serve } from "../../ts/node/index.ts";
import { read, root } from "./examples.ts";
import { lineOf, walkSteps } from "./walk.ts";

const entered: string[] = [];
Object.assign(globalThis, { walked: (what: string) => entered.push(what) });

const session = new Session();
session.connect();
await session.post("Debugger.enable");
const watched = new Set<string>();
for (const { file, names } of walkSteps().filter((step) => step.file.endsWith(".ts"))) {
  for (const name of names.filter((one) => !watched.has(`${file} ${one}`))) {
    const what = `${file} ${name}`;
    watched.add(what);
    await session.post("Debugger.setBreakpointByUrl", {
      url: pathToFileURL(join(root, file)).href,
      lineNumber: lineOf(read(file), name),
      condition: `(walked(${JSON.stringify(what)}), false)`,
    });
  }
}

const Request = t.struct({ rx: t.mpsc.receiver(t.u32) });
let arrived: (receiver: mpsc.Receiver<number>) => void;
const receiver = new Promise<mpsc.Receiver<number>>((resolve) => {
  arrived = resolve;
});
await using server = await serve({}, async (incoming) => {
  await using conn = await incoming.connect({ receive: Request });
  const request = await conn.rx.recv();
  if (request !== undefined) arrived(request.rx);
  await conn.closed;
});
await using conn = await connect(server.url, { send: Request });
const [tx, rx] = mpsc.channel(t.u32);
await conn.tx.send({ rx });
const value = (await receiver).recv();
// The pumps are at their places once a value has gone through.
await tx.send(1);
await value;
const second = (await receiver).recv();
await quiet();
entered.length = 0;
await tx.send(2);
await second;
const walk = [...entered];
await conn.close();
console.log(walk.join("\n"));
process.exit(0);

/** Lets what is under way between the two ends, such as returned credits, come to rest. */
async function quiet(): Promise<void> {
  for (let before = -1; before !== entered.length; ) {
    before = entered.length;
    await new Promise<void>((resolve) => setTimeout(resolve, 20));
  }
}
