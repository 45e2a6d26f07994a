import process from "node:process";
import { runCommand } from "./commands.ts";

/** Runs the command line of this process. A signal ends it in an orderly way, a second one at once. */
export async function main(): Promise<void> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(130);
      stop.abort();
    });
  }
  process.exitCode = await runCommand(
    process.argv.slice(2),
    { out: (line) => console.log(line), err: (line) => console.error(line) },
    stop.signal,
  );
}
