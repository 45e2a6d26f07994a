/**
 * `npm run simulate -- --seeds 1000000`: the simulation of wasm-core/simulate over many seeds; `--seed N` runs one of
 * them again, `--kind pair|hostile` one kind, `--from N` begins elsewhere, `--file PATH` runs what a fuzzer found.
 * A failure is printed in its shortest form, as a test for wasm-core/mux/tests/simulation.rs.
 */

import { join } from "node:path";
import { ensureCargo } from "./toolchain.mjs";
import { attempt, main, root } from "./util.mjs";

await main(async () => {
  await ensureCargo();
  const build = ["run", "--quiet", "--locked", "--profile", "simulate", "--package", "cuttle-simulate"];
  const { code } = await attempt("cargo", [...build, "--", ...process.argv.slice(2)], { cwd: join(root, "wasm-core") });
  process.exitCode = code;
});
