/**
 * `npm run docs`: the site, with the reference out of the doc comments, into docs/.vitepress/dist. Needs no network once
 * the packages of docs/package.json are installed.
 */

import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { listFiles, main, npm, projectNode, root, run, sha256, step } from "./util.mjs";

const docs = join(root, "docs");
const pages = join(docs, ".vitepress", "pages");
const site = join(docs, ".vitepress", "dist");

await main(async () => {
  await step("packages of the site", ensurePackages);
  copyPages();
  await step("reference", () => tool("typedoc", "bin", "typedoc", ["--logLevel", "Error"]));
  await step("site", () => tool("vitepress", "bin", "vitepress.js", ["build", "."]));
  writeFileSync(join(site, "llms.txt"), llms());
});

/** Puts every page of the checkout where the site is built from. */
function copyPages() {
  rmSync(pages, { recursive: true, force: true });
  const inDocs = listFiles(docs, isPage).map((path) => `docs/${path}`);
  for (const path of [...inDocs, ...readdirSync(root).filter((file) => file.endsWith(".md"))]) {
    cpSync(join(root, path), join(pages, path));
  }
}

function isPage(path, isFolder) {
  return isFolder ? !path.startsWith(".") : path.endsWith(".md");
}

/** Runs a program of docs/node_modules there. */
function tool(name, folder, file, args) {
  return run(projectNode, [join(docs, "node_modules", name, folder, file), ...args], { cwd: docs });
}

async function ensurePackages() {
  const wanted = sha256(readFileSync(join(docs, "package-lock.json")));
  const stamp = join(docs, "node_modules", ".cuttle-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  await npm(["ci", "--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"], { cwd: docs });
  writeFileSync(stamp, wanted);
}

/** Every page with its title and first paragraph, for programs that read: see llmstxt.org. */
function llms() {
  const inDocs = listFiles(docs, isPage).filter((path) => !path.startsWith("decisions/"));
  const lines = [...inDocs.map((path) => `docs/${path}`), "PROTOCOL.md"].map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const [, title = path] = /^# (.*)$/m.exec(text) ?? [];
    const [, first = ""] = /^# .*\n\n([A-Z][^\n]*(?:\n[^\n]+)*)/m.exec(text) ?? [];
    return `- [${title}](/${path.replace(/\.md$/, "")})${first === "" ? "" : `: ${first.replaceAll("\n", " ")}`}`;
  });
  const [, summary] = /^# cuttle\n\n([\s\S]*?)\n```/m.exec(readFileSync(join(root, "README.md"), "utf8")) ?? [];
  return `# cuttle\n\n> ${summary?.trim().replaceAll("\n", " ")}\n\n## Pages\n\n${lines.join("\n")}\n`;
}
