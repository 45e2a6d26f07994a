/** `npm run build`: dist/ with the library's JavaScript (Vite), its declarations (tsc) and the grammar for `cuttle import`. */

import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureModules, main, projectNode, root, run, step } from "./util.mjs";

await main(async () => {
  await ensureModules();
  const modules = join(root, "node_modules");
  rmSync(join(root, "dist"), { recursive: true, force: true });
  await step("vite build", () => {
    return run(projectNode, [join(modules, "vite", "bin", "vite.js"), "build", "--mode", "lib", "--logLevel", "warn"]);
  });
  await step("grammar", () => {
    // Copied, because the package of the grammar is 15 MB and runs a script when it is installed.
    const grammar = join(root, "dist", "grammar");
    mkdirSync(grammar);
    copyFileSync(join(modules, "web-tree-sitter", "web-tree-sitter.js"), join(grammar, "web-tree-sitter.js"));
    for (const name of ["web-tree-sitter", "tree-sitter-rust"]) {
      copyFileSync(join(modules, name, `${name}.wasm`), join(grammar, `${name}.wasm`));
      copyFileSync(join(modules, name, "LICENSE"), join(grammar, `${name}.LICENSE`));
    }
  });
  await step("declarations", () =>
    run(projectNode, [join(modules, "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"]),
  );
});
