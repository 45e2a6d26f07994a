/**
 * `npm run build`: dist/ with the library, one JavaScript file and one declaration for each source file, so that
 * whoever bundles it can leave out what is not used; `dist/cuttle.min.js`, all of it in one file, for pages that bundle
 * nothing; `dist/slim.js`, which is given its core; and the grammar for `cuttle import`.
 */

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copyGrammar } from "./grammar.mjs";
import { ensureModules, main, projectNode, root, run, step } from "./util.mjs";

const dist = join(root, "dist");

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

/** Takes the core out of a bundle. */
const withoutCore = {
  name: "without-core",
  enforce: "pre",
  resolveId: (id) => (id.endsWith("/pkg/inline.js") ? join(dist, "core", "no-inline.js") : undefined),
};

await main(async () => {
  await ensureModules();
  rmSync(dist, { recursive: true, force: true });
  await step("JavaScript and declarations", () =>
    run(projectNode, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"]),
  );
  await step("one file for pages without a bundler", () => oneFile("cuttle.min.js", { minify: true }));
  await step("one file without the core", () => oneFile("slim.js", { minify: false, plugins: [withoutCore] }));
  for (const [name, suffix] of Object.entries(edges)) {
    writeFileSync(join(dist, `${name}.js`), edgeEntry(suffix));
  }
  await step("grammar", () => copyGrammar(dist));
});

/** Bundles the library into one file of dist/. */
async function oneFile(name, { minify, plugins = [] }) {
  const { build } = await import("vite");
  await build({
    configFile: false,
    root,
    logLevel: "warn",
    plugins,
    build: {
      outDir: dist,
      emptyOutDir: false,
      target: "es2022",
      sourcemap: true,
      lib: { entry: join(dist, "index.js"), formats: ["es"], fileName: () => name },
      // A library build keeps white space, which only those need who bundle it again.
      rolldownOptions: { output: { minify, codeSplitting: false } },
    },
  });
}
