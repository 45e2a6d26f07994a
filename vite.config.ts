import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const root = import.meta.dirname;
const demo = join(root, "demo");

/** Every page of the demo: the HTML files directly in its folder. */
function pages(): string[] {
  if (!existsSync(demo)) return [];
  return readdirSync(demo)
    .filter((file) => file.endsWith(".html"))
    .map((file) => join(demo, file));
}

/** The demo; `npm start` serves what it makes. */
const demoBuild = {
  root: demo,
  worker: { format: "es" as const },
  build: {
    outDir: join(demo, "dist"),
    emptyOutDir: true,
    target: "es2022",
    rolldownOptions: { input: pages() },
  },
};

/** The library, one file per entry and what they share. */
const libraryBuild = {
  build: {
    outDir: join(root, "dist"),
    emptyOutDir: true,
    target: "es2022",
    sourcemap: true,
    minify: false,
    lib: {
      entry: {
        index: join(root, "ts/index.ts"),
        comlink: join(root, "ts/comlink.ts"),
        mux: join(root, "ts/mux.ts"),
        testing: join(root, "ts/testing.ts"),
        cli: join(root, "ts/cli.ts"),
        "node/index": join(root, "ts/node/index.ts"),
      },
      formats: ["es" as const],
    },
    rolldownOptions: {
      external: ["ws", "web-tree-sitter", /^node:/],
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "shared/[name].js",
        // scripts/grammar.mjs copies it there.
        paths: { "web-tree-sitter": "../grammar/web-tree-sitter.js" },
      },
    },
  },
};

/** The entry that is given its core, with a copy of its own of everything else. */
const slimBuild = {
  plugins: [
    {
      name: "without-core",
      enforce: "pre" as const,
      resolveId: (id: string) => (id.endsWith("/pkg/inline.js") ? join(root, "ts/core/no-inline.ts") : undefined),
    },
  ],
  build: {
    ...libraryBuild.build,
    emptyOutDir: false,
    lib: { entry: { slim: join(root, "ts/slim.ts") }, formats: ["es" as const] },
  },
};

const builds: Record<string, object> = { lib: libraryBuild, slim: slimBuild, test: {} };

export default defineConfig(({ mode }) => ({
  ...(builds[mode] ?? demoBuild),
  test: {
    root,
    projects: [
      {
        root,
        test: {
          name: "unit",
          include: ["ts/**/*.test.ts", "tests/**/*.test.ts"],
          exclude: ["tests/interop/**", "tests/browser/**"],
        },
      },
      {
        root,
        test: {
          name: "interop",
          include: ["tests/interop/**/*.test.ts"],
          // Every file starts its own peers and measures nothing; one at a time keeps ports and processors free.
          fileParallelism: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
}));
