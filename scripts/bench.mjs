/**
 * `npm run bench -- NAME… [--quick] [--only=A,B]`: runs bench/NAME.ts in the project's Node; all without a name.
 * `--quick` is short, to see that it runs. Options are passed on.
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureChromium } from "./toolchain.mjs";
import { ensureModules, listFiles, main, npm, projectNode, root, run, say, sha256, step, Trouble } from "./util.mjs";

const folder = join(root, "bench");

await main(async () => {
  await ensureModules();
  const isOption = (arg) => arg.startsWith("--");
  const names = process.argv.slice(2).filter((arg) => !isOption(arg));
  const options = process.argv.slice(2).filter(isOption);
  const files = names.length > 0 ? names.map(fileOf) : all();
  if (files.some(comparesOthers)) await ensureRivals();
  if (files.some(startsHosts)) await ensureChromium();
  for (const file of files) {
    say(`bench/${file}`);
    await run(projectNode, ["--expose-gc", join("bench", file), ...options]);
  }
});

/** Benchmarks are the files directly in bench/; what they share is in folders below it. */
function all() {
  return listFiles(folder, (_, isFolder) => !isFolder).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".d.ts"),
  );
}

function fileOf(name) {
  const file = `${name}.ts`;
  if (existsSync(join(folder, file))) return file;
  throw new Trouble(
    `There is no benchmark "${name}". There are: ${all()
      .map((known) => known.replace(/\.ts$/, ""))
      .join(", ")}.`,
  );
}

/** Those that need the other libraries. */
function comparesOthers(file) {
  return startsHosts(file) || uses(file, "./codecs/subjects.ts");
}

/** Those that start Chromium and servers of other libraries. */
function startsHosts(file) {
  return uses(file, "./support/session.ts");
}

function uses(file, module) {
  return readFileSync(join(folder, file), "utf8").includes(module);
}

/** Installs what bench/package.json names, unless that was done for this very lock. */
async function ensureRivals() {
  const stamp = join(folder, "node_modules", ".cuttle-lock");
  const wanted = sha256(readFileSync(join(folder, "package-lock.json")));
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  await step("npm ci in bench/ (what cuttle is compared with; about 10 s)", () =>
    npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder }),
  );
  writeFileSync(stamp, wanted);
}
