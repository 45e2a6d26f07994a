/**
 * Every export of ts/ has a doc comment. Entries (files directly in ts/, and index.ts) and re-exports have none of
 * their own; of overloads the first one carries it. For Rust the compiler checks the same (`missing_docs`).
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { programFiles, root } from "./util.mjs";

const declaration =
  /^export (?:declare |abstract |async |default )*(?:class|const|let|function\*?|interface|type|enum|namespace) ?\*? ?([\w$]+)/;

/** Runs the check; `{ problems, notes }`. */
export function checkDocs() {
  const files = programFiles("ts");
  const problems = [];
  let count = 0;
  for (const file of files.filter((path) => path.includes("/") && !path.endsWith("/index.ts"))) {
    const lines = readFileSync(join(root, "ts", file), "utf8").split("\n");
    const seen = new Set();
    lines.forEach((line, at) => {
      const name = declaration.exec(line)?.[1];
      if (name === undefined || seen.has(name)) return;
      seen.add(name);
      count++;
      if (!isDocumented(lines, at)) problems.push(`ts/${file}:${at + 1}: ${name} has no doc comment`);
    });
  }
  return { problems, notes: [`${count} exports`] };
}

/** Whether a doc comment ends directly above line `at`; the compiler's and linter's directives may stand between. */
function isDocumented(lines, at) {
  let above = at - 1;
  while (above >= 0 && /^\s*\/\/ *(@ts-|biome-ignore)/.test(lines[above])) above--;
  if (above < 0 || !lines[above].trimEnd().endsWith("*/")) return false;
  while (above >= 0 && !lines[above].includes("/*")) above--;
  return above >= 0 && lines[above].trimStart().startsWith("/**");
}
