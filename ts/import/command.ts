/** `cuttle import`: a Rust source in, a TypeScript module out. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { CuttleError } from "../errors/error.ts";
import { readContract } from "./contract.ts";

const HELP = `usage: cuttle import FILE [NAME...] [options]

Prints a TypeScript module for the #[remoc::rtc::remote] traits in FILE and the modules it declares, with the structs and
enums that they use and the doc comments.

  FILE                  a Rust source, such as src/lib.rs
  NAME                  only these, with what they need: traits, structs, enums, or types such as 'StoreClient<u32>'
  --out FILE            write there instead of printing
  --check               with --out: change nothing, and fail if the file is not what would be written
  --cfg CONDITION       a condition of #[cfg(...)] that holds, such as 'feature = "extra"'; may be repeated
  --help

What cannot be said in TypeScript is named with its file and line, all of it at once, and nothing is written; the exit
code is 1 then, and 2 when the command line is wrong.
`;

/** What a command writes to. */
export interface Output {
  out(line: string): void;
  err(line: string): void;
}

/** Runs `cuttle import` with the arguments behind it. Resolves with the exit code. */
export async function runImport(args: readonly string[], output: Output): Promise<number> {
  try {
    return await run(args, output);
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    // Rust refuses such types; their end cannot be seen from here.
    const endless = error instanceof RangeError ? ": the types or modules lead to each other without end" : "";
    output.err(`cuttle: ${message}${endless}`);
    return code === "local_misuse" || String(code).startsWith("ERR_PARSE_ARGS") ? 2 : 1;
  }
}

async function run(args: readonly string[], output: Output): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  const [file, ...names] = positionals;
  if (values.help === true) {
    output.out(HELP.trimEnd());
    return 0;
  }
  if (file === undefined)
    throw new CuttleError("local_misuse", "import needs a Rust source, such as src/lib.rs; see --help");
  if (values.check === true && values.out === undefined) {
    throw new CuttleError("local_misuse", "--check needs --out, which says what to look at");
  }
  if (!existsSync(file)) throw new CuttleError("local_misuse", `there is no file ${file}`);
  const contract = await readContract(file, { names, cfg: values.cfg ?? [] });
  for (const line of contract.notes) output.err(`note: ${line}`);
  if (contract.problems.length > 0) {
    for (const line of contract.problems) output.err(line);
    output.err(`cuttle: ${contract.problems.length} problems in ${file}; nothing was written`);
    return 1;
  }
  return deliver(`${headerOf(file)}${contract.text}`, values.out, values.check === true, output);
}

const OPTIONS = {
  out: { type: "string" },
  check: { type: "boolean" },
  cfg: { type: "string", multiple: true },
  help: { type: "boolean" },
} as const;

function headerOf(file: string): string {
  return `// From ${file.replaceAll("\\", "/")}, by \`cuttle import\`. Changes belong there.\n`;
}

function deliver(text: string, path: string | undefined, isCheck: boolean, output: Output): number {
  if (path === undefined) {
    output.out(text.trimEnd());
    return 0;
  }
  if (!isCheck) {
    writeFileSync(path, text);
    return 0;
  }
  const present = existsSync(path) ? readFileSync(path, "utf8").replaceAll("\r\n", "\n") : undefined;
  if (present === text) return 0;
  const what = present === undefined ? "is not there" : "is not what the Rust source says now";
  output.err(`cuttle: ${path} ${what}; run the same without --check`);
  return 1;
}
