import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The checkout. */
export const root: string = join(import.meta.dirname, "..", "..");

/** The text of a file of the checkout. */
export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** A block of code in a Markdown text, and the file that the comment before it names. */
export interface Block {
  readonly language: string;
  readonly code: string;
  /** From `<!-- example: path -->` in the line before the fence. */
  readonly file: string | undefined;
}

/** The fenced blocks of a Markdown text. */
export function blocks(markdown: string): Block[] {
  const fence = /(?:<!-- example: (\S+) -->\n)?^```(\w*)\n([\s\S]*?)^```$/gm;
  return [...markdown.matchAll(fence)].map(([, file, language = "", code = ""]) => ({ language, code, file }));
}

/**
 * The part of a file between `// #region readme` and `// #endregion`, which may be comments of HTML, as a reader of the
 * package writes it: the entries of the checkout have the names of the package.
 */
export function region(path: string): string {
  const found = /^(?:\/\/|<!--) #region readme(?: -->)?\n([\s\S]*?)^(?:\/\/|<!--) #endregion(?: -->)?$/m.exec(
    read(path),
  );
  if (found?.[1] === undefined) throw new Error(`${path} has no region "readme"`);
  return found[1]
    .replaceAll('"../../ts/node/index.ts"', '"cuttle/node"')
    .replaceAll('"../../ts/index.ts"', '"cuttle"')
    .replaceAll(/"\.\.\/\.\.\/ts\/(mux|testing|slim|react|vue|svelte|solid|signals)\.ts"/g, '"cuttle/$1"');
}
