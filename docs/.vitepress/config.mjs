/** The site: README.md as its first page, everything in docs/, and the reference that `npm run docs` makes. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitepress";

const root = join(import.meta.dirname, "..", "..");

const guides = ["embed", "tabs-and-workers", "backend-node", "backend-rust", "testing", "security", "production"];
const subjects = readdirSync(join(root, "docs")).flatMap((file) => (file.endsWith(".md") ? [file.slice(0, -3)] : []));
const whole = ["ARCHITECTURE", "PROTOCOL", "SECURITY", "CONTRIBUTING", "CHANGELOG"];

export default defineConfig({
  title: "cuttle",
  description: "Channels, functions, objects and live values over one connection",
  // Put there by `npm run docs`, as they lie in the checkout, so that their links hold.
  srcDir: ".vitepress/pages",
  rewrites: { "README.md": "index.md", "docs/decisions/README.md": "docs/decisions/index.md" },
  // Files of the repository that are no pages.
  ignoreDeadLinks: [/\.(ts|rs|mjs|json)$/, /LICENSE$/, /^\.\/demo$/, /bench\/README/, /tests\/interop\/README/],
  cleanUrls: true,
  themeConfig: {
    search: { provider: "local" },
    nav: [{ text: "Reference", link: "/docs/api/" }],
    sidebar: [
      { text: "Guides", items: guides.map((name) => item(`docs/guides/${name}`)) },
      { text: "Subjects", items: subjects.map((name) => item(`docs/${name}`)) },
      { text: "The whole", items: whole.map(item) },
    ],
  },
});

/** A page by its own title. */
function item(path) {
  const [, text] = /^# (.*)$/m.exec(readFileSync(join(root, `${path}.md`), "utf8")) ?? [];
  return { text, link: `/${path}` };
}
