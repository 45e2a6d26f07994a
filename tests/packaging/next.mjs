/** Next: a page, a route on Node and one on the edge runtime, all built by Turbopack. */

import { freePort, Trouble } from "../../scripts/util.mjs";
import { equal, opened } from "./judges.mjs";
import { serveCount } from "./server.mjs";

/** Builds and starts the site and finds that page and routes have counted. */
export async function next(project, { packed, browser }) {
  await project.run("build");
  const port = await freePort(8950);
  const site = `http://localhost:${port}`;
  const server = await serveCount(packed, { origins: [site] });
  const running = project.start("start", ["-p", String(port)], { COUNT_SERVER: server.url });
  try {
    await isReady(site, running);
    for (const route of ["node", "edge"]) equal(await (await fetch(`${site}/${route}`)).text(), "0 1 2 3 4", route);
    await opened(browser, `${site}/?server=${encodeURIComponent(server.url)}`, "0 1 2 3 4");
  } finally {
    running.stop();
    await server.close();
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
  throw new Trouble("next start did not answer");
}
