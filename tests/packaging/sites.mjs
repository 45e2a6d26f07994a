/** Sites with a server of their own, which the project starts. */

import { X509Certificate } from "node:crypto";
import { freePort, Trouble } from "../../scripts/util.mjs";
import { selfSigned } from "../behaviour/support/certificate.ts";
import { counted, equal, opened, putPlainFile } from "./judges.mjs";
import { serveCount } from "./server.mjs";

/** Next: a page, a route on Node and one on the edge runtime, all built by Turbopack, have counted. */
export async function next(project, { packed, browser }) {
  await project.run("build");
  const site = `http://localhost:${await freePort(8950)}`;
  const server = await serveCount(packed, { origins: [site] });
  const { port } = new URL(site);
  const running = project.start("start", ["-p", port], { COUNT_SERVER: server.url });
  try {
    await isReady(site, running);
    for (const route of ["node", "edge"]) equal(await (await fetch(`${site}/${route}`)).text(), counted, route);
    await opened(browser, `${site}/?server=${encodeURIComponent(server.url)}`, counted);
  } finally {
    running.stop();
    await server.close();
  }
}

/** A worker of workerd has counted with a server, and this program with the worker. */
export async function workerd(project, { packed }) {
  const { consume, connectionOf } = await packed.import();
  const server = await serveCount(packed);
  const port = String(await freePort(8960));
  const running = project.start("start", ["--port", port, "--var", `COUNT_SERVER:${server.url}`]);
  try {
    await isReady(`http://localhost:${port}`, running);
    equal(await (await fetch(`http://localhost:${port}`)).text(), counted);
    const worker = await consume(`ws://localhost:${port}`);
    const numbers = await Array.fromAsync(await worker.below(5));
    equal(numbers.join(" "), counted);
    await connectionOf(worker).close();
  } finally {
    running.stop();
    await server.close();
  }
}

/** A page in Chromium has counted over WebTransport with a server of Deno. */
export async function webTransport(project, { packed, browser }) {
  putPlainFile(packed, project);
  const { cert, key } = selfSigned();
  const PORT = String(await freePort(8970));
  const running = project.start("start", [], { CERTIFICATE: cert, KEY: key, PORT });
  try {
    const site = `http://127.0.0.1:${PORT}`;
    await isReady(site, running);
    await opened(browser, `${site}/?hash=${new X509Certificate(cert).fingerprint256}`, counted);
  } finally {
    running.stop();
  }
}

/** Resolves when the site answers; throws when its program ends before. */
async function isReady(site, program) {
  const ended = program.ended.then(() => true);
  for (let tries = 0; tries < 120; tries++) {
    if (
      await fetch(site).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return;
    const pause = new Promise((resolve) => setTimeout(resolve, 500, false));
    if (await Promise.race([ended, pause])) break;
  }
  throw new Trouble(`${site} did not answer`);
}
