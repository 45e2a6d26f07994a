/** `npm run build`: dist/ with the library's JavaScript (Vite), its declarations (tsc) and the grammar for `cuttle import`. */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { copyGrammar } from "./grammar.mjs";
import { ensureModules, main, projectNode, root, run, step } from "./util.mjs";

await main(async () => {
  await ensureModules();
  const modules = join(root, "node_modules");
  rmSync(join(root, "dist"), { recursive: true, force: true });
  await step("vite build", () => {
    return run(projectNode, [join(modules, "vite", "bin", "vite.js"), "build", "--mode", "lib", "--logLevel", "warn"]);
  });
  await step("grammar", () => copyGrammar(join(root, "dist")));
  await step("declarations", () =>
    run(projectNode, [join(modules, "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"]),
  );
});
