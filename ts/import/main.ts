import process from "node:process";
import { runImport } from "./command.ts";

/** Runs `cuttle import` with the command line of this process. */
export async function main(): Promise<void> {
  process.exitCode = await runImport(process.argv.slice(3), {
    out: (line) => console.log(line),
    err: (line) => console.error(line),
  });
}
