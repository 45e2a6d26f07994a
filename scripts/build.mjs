/**
 * `npm run build`: dist/ with the library, one JavaScript file and one declaration for each source file, so that
 * whoever bundles it can leave out what is not used; and `dist/cuttle.min.js`, all of it in one file, for pages that
 * bundle nothing.
 */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { ensureModules, main, projectNode, root, run, step } from "./util.mjs";

const dist = join(root, "dist");

await main(async () => {
  await ensureModules();
  rmSync(dist, { recursive: true, force: true });
  await step("JavaScript and declarations", () =>
    run(projectNode, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"]),
  );
  await step("one file for pages without a bundler", oneFile);
});

async function oneFile() {
  const { build } = await import("vite");
  await build({
    configFile: false,
    root,
    logLevel: "warn",
    build: {
      outDir: dist,
      emptyOutDir: false,
      target: "es2022",
      sourcemap: true,
      lib: { entry: join(dist, "index.js"), formats: ["es"], fileName: () => "cuttle.min.js" },
      // A library build keeps white space, which only those need who bundle it again.
      rolldownOptions: { output: { minify: true, codeSplitting: false } },
    },
  });
}
