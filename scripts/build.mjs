/** `npm run build`: dist/ with the library's JavaScript (Vite), its declarations (tsc) and the grammar for `cuttle import`. */

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copyGrammar } from "./grammar.mjs";
import { ensureModules, main, projectNode, root, run, step } from "./util.mjs";

/** Runtimes that compile nothing themselves and take a compiled module from an import; what they want behind its name. */
const edges = { workerd: "", "edge-light": "?module" };

/** The entry of such a runtime. */
function edgeEntry(suffix) {
  return [
    `import core from "../wasm-core/pkg/cuttle_core_bg.wasm${suffix}";`,
    'import { init } from "./slim.js";',
    'export * from "./slim.js";',
    "init(core);",
    "",
  ].join("\n");
}

await main(async () => {
  await ensureModules();
  const modules = join(root, "node_modules");
  rmSync(join(root, "dist"), { recursive: true, force: true });
  for (const mode of ["lib", "slim"]) {
    await step(`vite build, ${mode}`, () =>
      run(projectNode, [join(modules, "vite", "bin", "vite.js"), "build", "--mode", mode, "--logLevel", "warn"]),
    );
  }
  for (const [name, suffix] of Object.entries(edges)) {
    writeFileSync(join(root, "dist", `${name}.js`), edgeEntry(suffix));
  }
  await step("grammar", () => copyGrammar(join(root, "dist")));
  await step("declarations", () =>
    run(projectNode, [join(modules, "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"]),
  );
});
