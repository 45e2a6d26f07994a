/** `npm run build`: dist/ with the library's JavaScript (Vite) and its declarations (tsc). */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { ensureModules, main, projectNode, root, run, step } from "./util.mjs";

await main(async () => {
  await ensureModules();
  const modules = join(root, "node_modules");
  rmSync(join(root, "dist"), { recursive: true, force: true });
  await step("vite build", () => {
    return run(projectNode, [join(modules, "vite", "bin", "vite.js"), "build", "--mode", "lib", "--logLevel", "warn"]);
  });
  await step("declarations", () =>
    run(projectNode, [join(modules, "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"]),
  );
});
