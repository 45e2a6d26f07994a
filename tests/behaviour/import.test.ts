/** The program: what `cuttle import` prints and writes, and how it fails. */

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { copyGrammar } from "../../scripts/grammar.mjs";
import { runImport } from "../../ts/import/command.ts";
import { type Descriptor, type Service, t } from "../../ts/index.ts";
import * as imported from "../interop/imported.ts";
import * as calling from "../scenarios/calling-types.ts";
import { Room, Rooms } from "../scenarios/rooms.ts";
import * as own from "../scenarios/types.ts";

// Compiling the grammar takes its time where much else runs.
vi.setConfig({ testTimeout: 30_000 });

const execute = promisify(execFile);

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cuttle-import-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** What came of a command line. */
async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runImport(args, { out: (line) => out.push(line), err: (line) => err.push(line) });
  return { code, out: out.join("\n"), err };
}

const TRAIT = "#[remoc::rtc::remote] trait A { async fn f(&self) -> Result<u8, remoc::rtc::CallError>; }";
const root = join(import.meta.dirname, "..", "..");

/** The traits and types of the interop peers, as they were imported. */
const PEERS: readonly [string, ...string[]] = [
  "tests/interop/peers/shared/peer.rs",
  ...["Counter", "Objects", "CountReq", "CountNote", "scenarios::request_count::Ask", "Everything", "Echo", "Sink"],
  ...["Source", "Stop", "Tree", "Limited", "scenarios::bin::Ask", "scenarios::lr::Ask", "scenarios::watch::Ask"],
  ...["scenarios::watch::Offered", "scenarios::broadcast::Ask", "Streams", "--cfg", 'feature = "since-0-20"'],
];

test("prints the contract, or writes it where it is told to", async () => {
  const file = join(folder, "lib.rs");
  const to = join(folder, "contract.ts");
  writeFileSync(file, TRAIT);
  const printed = await run(file);
  expect(printed).toEqual({ code: 0, out: expect.stringContaining('export const A = service("A", {'), err: [] });
  expect(printed.out.split("\n")[0]).toBe(`// From ${file}, by \`cuttle import\`. Changes belong there.`);
  expect(await run(file, "--out", to)).toEqual({ code: 0, out: "", err: [] });
  expect(readFileSync(to, "utf8")).toBe(`${printed.out}\n`);
});

test("--check changes nothing and fails when the file is stale or missing", async () => {
  const file = join(folder, "lib.rs");
  const to = join(folder, "contract.ts");
  writeFileSync(file, TRAIT);
  const missing = await run(file, "--out", to, "--check");
  expect(missing).toEqual({ code: 1, out: "", err: [`cuttle: ${to} is not there; run the same without --check`] });
  await run(file, "--out", to);
  expect((await run(file, "--out", to, "--check")).code).toBe(0);
  writeFileSync(file, TRAIT.replace("u8", "u16"));
  const before = statSync(to).mtimeMs;
  const stale = await run(file, "--out", to, "--check");
  expect(stale.code).toBe(1);
  expect(stale.err).toEqual([`cuttle: ${to} is not what the Rust source says now; run the same without --check`]);
  expect(statSync(to).mtimeMs).toBe(before);
});

test("tells every problem, writes nothing and exits with 1", async () => {
  const file = join(folder, "lib.rs");
  const to = join(folder, "contract.ts");
  writeFileSync(file, TRAIT.replace("&self", "&self, a: Gone, b: &str"));
  const { code, out, err } = await run(file, "--out", to);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toEqual([
    `${file}:1:54: Gone is not declared in crate, nor brought in by a use`,
    `${file}:1:63: a reference cannot be a value on the wire`,
    `cuttle: 2 problems in ${file}; nothing was written`,
  ]);
  expect(() => statSync(to)).toThrow();
});

test.each([
  [[], /import needs a Rust source/],
  [["gone.rs"], /there is no file gone\.rs/],
  [["gone.rs", "--check"], /--check needs --out/],
  [["gone.rs", "--into", "x"], /--into/],
  [[join(root, "ts/cli.ts")], /no #\[remoc::rtc::remote\] trait|this is no Rust/],
] as const)("%j is refused with a reason", async (args, reason) => {
  const { code, err } = await run(...args);
  expect(code).toBeGreaterThan(0);
  expect(err.join("\n")).toMatch(reason);
});

test("works as it is built, without the packages of the checkout", { timeout: 120_000 }, async () => {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const dist = join(folder, "dist");
  await execute(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", dist], { cwd: root });
  copyGrammar(dist);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const file = join(folder, "lib.rs");
  writeFileSync(file, TRAIT);
  const { stdout } = await execute(process.execPath, [join(dist, "cli.js"), "import", file], { cwd: folder });
  expect(stdout).toBe(`${(await run(file)).out}\n`);
});

test("types without an end are an error", async () => {
  const file = join(folder, "lib.rs");
  const endless = "#[derive(serde::Serialize, serde::Deserialize)] struct E<T>(Option<Box<E<Vec<T>>>>);";
  writeFileSync(file, `${endless}${TRAIT.replace("&self", "&self, e: E<u8>")}`);
  const { code, err } = await run(file);
  expect([code, err]).toEqual([1, [expect.stringMatching(/without end/)]]);
});

test("--help says how it is used", async () => {
  const { code, out } = await run("--help");
  expect(code).toBe(0);
  expect(out).toMatch(/^usage: cuttle import FILE/);
});

test.each([
  ["every trait of the interop peers", "tests/interop/imported.ts", PEERS],
  ["every form there is", "tests/types/shapes.ts", ["tests/types/shapes.rs"]],
] as const)("%s is imported, and the file in the checkout is what comes of it", async (_, made, [file, ...rest]) => {
  const { code, out, err } = await run(relative(process.cwd(), join(root, file)), ...rest);
  expect(err).toEqual([]);
  expect(code).toBe(0);
  const text = readFileSync(join(root, made), "utf8");
  expect(text.replace('from "../../ts/index.ts"', 'from "cuttle"')).toBe(`${out}\n`);
});

test("the traits of the interop peers whose calls can be pipelined are those that were written by hand", async () => {
  const source = readFileSync(join(root, "tests/interop/peers/shared/scenarios/rooms.rs"), "utf8");
  const traits = /=> \{\n(.*?)\n {4}\};/s.exec(source)?.[1]?.replaceAll("$($pipelinable)*", "#[pipelinable]");
  const error = /pub enum OpenError \{.*?\n\}/s.exec(source)?.[0];
  const file = join(folder, "rooms.rs");
  const to = join(folder, "rooms.ts");
  const uses = "use remoc::rtc::CallError;\n#[derive(serde::Serialize, serde::Deserialize)]";
  writeFileSync(file, `${uses}\n${error}\n${traits}`);
  expect(await run(file, "--out", to)).toEqual({ code: 0, out: "", err: [] });
  writeFileSync(to, readFileSync(to, "utf8").replace('"cuttle"', JSON.stringify(join(root, "ts/index.ts"))));
  const made = (await import(to)) as { Room: typeof Room; Rooms: typeof Rooms };
  for (const [one, other] of [
    [made.Room, Room],
    [made.Rooms, Rooms],
  ] as [Service, Service][]) {
    expect(methodsOf(one)).toEqual(methodsOf(other));
    expect(t.describe(t.client(one), 9)).toBe(t.describe(t.client(other), 9));
  }
});

/** What is declared of each method beside its types. */
function methodsOf({ methods }: Pick<Service, "methods">): unknown[] {
  return Object.entries(methods).map(([key, { kind, args, options }]) => [key, kind, Object.keys(args), options]);
}

test.each([
  ["CountReq", imported.CountReq, own.CountReq],
  ["CountNote", imported.CountNote, own.CountNote],
  ["Ask of request-count", imported.Ask, own.Ask],
  ["Echo", imported.Echo, own.Echo],
  ["Sink", imported.Sink, own.Sink],
  ["Source", imported.Source, own.Source],
  ["Stop", imported.Stop, own.Stop],
  ["Tree", imported.Tree, own.Tree],
  ["Limited", imported.Limited, own.Limited],
  ["Ask of bin", imported.BinAsk, own.BinAsk],
  ["Ask of lr", imported.LrAsk, own.LrAsk],
  ["Ask of watch", imported.WatchAsk, own.WatchAsk],
  ["Offered", imported.Offered, own.WatchOffered],
  ["Ask of broadcast", imported.BroadcastAsk, own.BroadcastAsk],
  ["Objects", imported.Objects, calling.Objects],
] as [string, Descriptor, Descriptor][])("%s is the type that was written by hand", (_, one, other) => {
  const names = (text: string) =>
    text.replace(/\b(struct|enum) \w*Ask\b/g, "$1 Ask").replace(/\bOffered\b/g, "Offered");
  expect(names(t.describe(one, 9))).toBe(names(t.describe(other, 9)));
});
