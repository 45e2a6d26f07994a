/** How the work of a consumer is judged: each is given a project that uses the package, and throws what is wrong. */

import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Trouble } from "../../scripts/util.mjs";
import { serveCount, servePage } from "./server.mjs";

/** What the page, worker or program says that has counted. */
export const counted = "0 1 2 3 4";

/** Builds a page, opens it in Chromium, and finds that it and its worker have counted. */
export function page({ script = "build", folder = "dist", html = true } = {}) {
  return async (project, { packed, browser }) => {
    if (script !== undefined) await project.run(script);
    if (html) cpSync(join(project.path, "index.html"), join(project.path, folder, "index.html"));
    await open({ packed, browser }, join(project.path, folder), `${counted}, ${counted}`);
  };
}

/** Serves a folder and finds that its page gets the title. */
export async function open({ packed, browser }, folder, title) {
  const server = await servePage(packed, folder);
  try {
    await opened(browser, server.url, title);
  } finally {
    await server.close();
  }
}

/** Puts the package's one file for pages that bundle nothing beside the page, as `cuttle.js`. */
export function putPlainFile(packed, project) {
  const { exports } = JSON.parse(readFileSync(join(packed.path, "package.json"), "utf8"));
  cpSync(join(packed.path, exports["./cuttle.min.js"].default), join(project.path, "cuttle.js"));
}

/** Opens an address in Chromium and finds that its page, whose title is `waiting` at first, gets the title. */
export async function opened(browser, url, title) {
  const tab = await browser.newPage();
  const complaints = [];
  tab.on("pageerror", (error) => complaints.push(String(error)));
  tab.on("console", (message) => complaints.push(message.text()));
  try {
    await tab.goto(url);
    const hasResult = () => !["", "waiting"].includes(document.title);
    await tab.waitForFunction(hasResult, undefined, { timeout: 30_000 }).catch(() => {});
    equal(await tab.title(), title, complaints.join("\n"));
  } finally {
    await tab.close();
  }
}

/** Runs scripts of the project, each with the address of a server, and finds that they have counted. */
export function programs(...scripts) {
  return async (project, { packed }) => {
    const server = await serveCount(packed);
    try {
      for (const script of scripts) {
        const output = await project.run(script, [server.url], { COUNT_SERVER: server.url });
        equal(output.trim().split("\n").at(-1), counted, output);
      }
    } finally {
      await server.close();
    }
  };
}

/** Runs scripts of the project, which fail by themselves. */
export function succeeds(...scripts) {
  return async (project, { packed }) => {
    const server = await serveCount(packed);
    try {
      for (const script of scripts)
        await project.run(script, [], { COUNT_SERVER: server.url, TARBALL: packed.tarball });
    } finally {
      await server.close();
    }
  };
}

/** Throws when something else was found. */
export function equal(found, wanted, context = "") {
  if (found !== wanted)
    throw new Trouble(`found ${JSON.stringify(found)} and not ${JSON.stringify(wanted)}\n${context}`);
}
