/**
 * Where consumers of the package work: each in a new project that has the packed tarball installed, below a folder that
 * holds its tools. The tools are installed once per user; Node and bundlers find them in the folder above.
 */

import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  attempt,
  cacheFolder,
  npm,
  npmCommand,
  projectNode,
  root,
  sha256,
  start,
  Trouble,
} from "../../scripts/util.mjs";

const here = import.meta.dirname;
const home = join(cacheFolder(), "packaging");
const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"];

/** The packed package, installed by npm as a user would. */
export class Packed {
  #folder;

  /** Packs what `npm run build` made and installs it, with what it depends on, into an empty project. */
  static async make() {
    mkdirSync(home, { recursive: true });
    const folder = mkdtempSync(join(home, "packed-"));
    const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
    const [{ filename }] = JSON.parse(await npm(pack, { cwd: root, capture: true }));
    writeFileSync(join(folder, "package.json"), `${JSON.stringify({ private: true, type: "module" })}\n`);
    await npm(["install", ...quiet, join(folder, filename)], { cwd: folder, capture: true });
    return new Packed(folder, join(folder, filename));
  }

  constructor(folder, tarball) {
    this.#folder = folder;
    this.tarball = tarball;
  }

  /** The installed package's folder. */
  get path() {
    return join(this.#folder, "node_modules", "cuttle");
  }

  /** Imports one of its entries by the file that package.json names. */
  async import(entry = ".") {
    const { exports } = JSON.parse(readFileSync(join(this.path, "package.json"), "utf8"));
    return await import(pathToFileURL(join(this.path, exports[entry].default)).href);
  }

  /** Puts the package, and what it needs, into a project. */
  installInto(project) {
    cpSync(join(this.#folder, "node_modules"), join(project, "node_modules"), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }

  remove() {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * A new project of the kind `tests/packaging/projects/NAME`, with the sources that all share and the package in it.
 * `tools` are devDependencies besides those of its package.json. Rejects with {@link NotHere} when its tools cannot be installed. `remove()` deletes it and leaves the tools.
 */
export async function openProject({ project: name, tools = {} }, packed) {
  const source = join(here, "projects", name);
  const project = mkdtempSync(join(await toolFolder(source, tools), "project-"));
  cpSync(join(here, "shared"), project, { recursive: true });
  cpSync(source, project, { recursive: true });
  packed.installInto(project);
  return {
    path: project,
    /** Runs a script of its package.json and resolves with what it printed; throws what it printed when it fails. */
    async run(script, args = [], env = {}) {
      const { code, output } = await attempt(...npmRun(script, args, project, env));
      if (code !== 0) throw new Trouble(`npm run ${script} failed with code ${code}:\n${output.trim()}`);
      return output;
    },
    /** Starts a script with a program that goes on; `stop()` ends both. */
    start(script, args, env) {
      const [command, given, options] = npmRun(script, args, project, env);
      const child = start(command, given, { ...options, detached: true, stdio: "ignore" });
      return { ended: once(child, "close"), stop: () => process.kill(-child.pid) };
    },
    remove: () => rmSync(project, { recursive: true, force: true }),
  };
}

/** A consumer cannot be had on this machine. */
export class NotHere extends Error {}

/** Installs a project's devDependencies, and `more`, unless that was done before, and resolves with the folder that has them. */
async function toolFolder(source, more) {
  const { devDependencies = {}, allowScripts = {} } = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  const wanted = JSON.stringify({ private: true, devDependencies: { ...devDependencies, ...more }, allowScripts });
  const name = basename(source);
  const folder = join(home, `${name}-${sha256(`${wanted} ${process.platform}-${process.arch}`).slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  const making = mkdtempSync(join(home, `installing-${name}-`));
  writeFileSync(join(making, "package.json"), `${wanted}\n`);
  const { code, output } = await attempt(...npmWith(["install", ...quiet], making));
  if (code !== 0) {
    rmSync(making, { recursive: true, force: true });
    throw new NotHere(`its tools cannot be installed: ${output.trim().split("\n")[0]}`);
  }
  // Of two that did this at the same time the first one stays.
  if (existsSync(folder)) rmSync(making, { recursive: true, force: true });
  else renameSync(making, folder);
  return folder;
}

function npmRun(script, args, cwd, env) {
  return npmWith(["run", "--silent", script, "--", ...args], cwd, env);
}

/** How npm is run with this project's Node, unless the project in `cwd` has its own, and without what npm says of this one. */
function npmWith(args, cwd, extra = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_|^INIT_CWD$|^NODE_OPTIONS$/i.test(name));
  const PATH = `${dirname(realpathSync(projectNode))}${delimiter}${process.env.PATH}`;
  const quiet = { NO_COLOR: "1", NEXT_TELEMETRY_DISABLED: "1", ASTRO_TELEMETRY_DISABLED: "1" };
  const env = { ...Object.fromEntries(kept), ...quiet, PATH, ...extra };
  return [...npmCommand(args), { cwd, env, capture: true }];
}
