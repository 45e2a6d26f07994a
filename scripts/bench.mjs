/** `npm run bench -- NAME…`: runs bench/NAME.ts (or bench/NAME.bench.ts) in the project's Node; all without a name. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureModules, listFiles, main, projectNode, root, run, say, Trouble } from "./util.mjs";

const folder = join(root, "bench");

await main(async () => {
  await ensureModules();
  const names = process.argv.slice(2);
  const files = names.length > 0 ? names.map(fileOf) : all();
  for (const file of files) {
    say(`bench/${file}`);
    await run(projectNode, ["--expose-gc", join("bench", file)]);
  }
});

/** Benchmarks are the files directly in bench/; what they share is in folders below it. */
function all() {
  return listFiles(folder, (_, isFolder) => !isFolder).filter((file) => file.endsWith(".ts"));
}

function fileOf(name) {
  const file = [`${name}.ts`, `${name}.bench.ts`].find((candidate) => existsSync(join(folder, candidate)));
  if (file) return file;
  throw new Trouble(
    `There is no benchmark "${name}". There are: ${all()
      .map((known) => known.replace(/(\.bench)?\.ts$/, ""))
      .join(", ")}.`,
  );
}
