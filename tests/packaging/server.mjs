/** What consumers count with: a cuttle server made of the installed package, and the pages that bundlers built. */

import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const contentTypes = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css" };

/** A started server: `url` of its WebSocket; `close()` ends it. `options` are more of `serve`. */
export async function serveCount(packed, options = {}) {
  const { serve } = await packed.import("./node");
  return await serve({ port: 0, ...options }, await counting(packed));
}

/** Serves a folder, and the count on the same address: `url` of its page; `close()` ends it. */
export async function servePage(packed, folder) {
  const { attach } = await packed.import("./node");
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const file = join(folder, normalize(pathname.endsWith("/") ? `${pathname}index.html` : pathname));
    if (!existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": contentTypes[extname(file)] ?? "application/octet-stream" });
    response.end(readFileSync(file));
  });
  const acceptor = attach(server, {}, await counting(packed));
  await once(server.listen(0, "localhost"), "listening");
  return {
    url: `http://localhost:${server.address().port}/`,
    async close() {
      await acceptor.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The handler that sends as many numbers as a client asks for through the sender in its request. */
async function counting(packed) {
  const { t } = await packed.import();
  const CountReq = t.struct({ up_to: t.u32, seq_tx: t.mpsc.sender(t.u32) });
  return async (incoming) => {
    const conn = await incoming.connect({ receive: CountReq });
    const request = await conn.rx.recv();
    if (request === undefined) return;
    for (let number = 0; number < request.up_to; number++) await request.seq_tx.send(number);
    request.seq_tx.close();
  };
}
