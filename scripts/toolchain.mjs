/**
 * The tools that are not npm packages of the checkout: a Rust that can build for wasm32, wasm-bindgen, wasm-pack,
 * wasm-opt and browsers. Each is looked for first and installed only when it is missing.
 */

import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { attempt, cacheFolder, root, run, say, step, Trouble } from "./util.mjs";

/** The versions that wasm-core/pkg/ is built with. wasm-bindgen must be the version in wasm-core/abi/Cargo.toml. */
export const versions = { wasmBindgen: "0.2.130", wasmPack: "0.15.1", binaryen: "132.0.0", rustup: "1.95.0" };

const debianPackages = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];

/** The full path of a program on PATH, or undefined. */
export function findProgram(name) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Installs Debian packages; where that is not possible, says what to install instead. */
export async function aptInstall(packages, why) {
  const root = process.getuid?.() === 0;
  if (!root || !findProgram("apt-get")) {
    throw new Trouble(
      `${why} is missing. Install it and try again; on Debian: apt-get install ${packages.join(" ")} ` +
        "(done by itself when run as root).",
    );
  }
  await step(`apt-get install ${packages.join(" ")} (${why})`, async () => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    // One source of many that does not answer is no reason to stop; the installation will tell.
    await attempt("apt-get", ["update", "-q"], { env, capture: true });
    await run("apt-get", ["install", "-q", "-y", "--no-install-recommends", ...packages], { env, capture: true });
  });
}

/** Whether this is a Debian machine, where the wasm compiler comes from packages. */
function isDebian() {
  return findProgram("dpkg-query") !== undefined && findProgram("apt-get") !== undefined;
}

/** Makes sure that `cargo` for native builds is there. */
export async function ensureCargo() {
  if (findProgram("cargo")) return;
  if (isDebian()) return aptInstall(["cargo-web", "rustc-web"], "A Rust compiler");
  throw new Trouble("Cargo is missing: install Rust (rustup, stable toolchain) and try again.");
}

/** A crate's programs in a folder of their own, installed by `cargo install`; resolves with that folder's bin. */
async function ensureCargoTool(crate, folder, version, program) {
  const home = join(cacheFolder(), "tools", `${folder}-${version}`);
  if (!existsSync(join(home, "bin", program))) {
    await ensureCargo();
    // Without --locked: the lock file of one of them names a crate version that was withdrawn.
    await step(`cargo install ${crate} ${version} (once per user; about 4 minutes)`, () =>
      run("cargo", ["install", crate, "--version", version, "--root", home, "--quiet"], {
        env: { ...process.env, CARGO_TARGET_DIR: join(cacheFolder(), "tools-build") },
      }),
    );
  }
  return join(home, "bin");
}

/** wasm-bindgen's and wasm-pack's folders, to be put in front of PATH. */
export async function ensureWasmTools() {
  const wasmBindgen = await ensureCargoTool("wasm-bindgen-cli", "wasm-bindgen", versions.wasmBindgen, "wasm-bindgen");
  const wasmPack = await ensureCargoTool("wasm-pack", "wasm-pack", versions.wasmPack, "wasm-pack");
  return [wasmPack, wasmBindgen];
}

/** The path of binaryen's wasm-opt, a script for Node. 104 MB, hence per user and not in node_modules. */
export async function ensureWasmOpt() {
  const home = join(cacheFolder(), "tools", `binaryen-${versions.binaryen}`);
  const script = join(home, "node_modules", "binaryen", "bin", "wasm-opt");
  if (!existsSync(script)) {
    await mkdir(home, { recursive: true });
    const args = ["install", "--prefix", home, "--no-save", "--no-package-lock", "--no-audit", "--no-fund"];
    await step(`npm install binaryen ${versions.binaryen} (once per user)`, () =>
      run("npm", [...args, "--ignore-scripts", "--loglevel=error", `binaryen@${versions.binaryen}`], { cwd: home }),
    );
  }
  return script;
}

/**
 * The Rust that builds the wasm: `{ kind, description, env, sysroot }`. Both kinds build the standard library from
 * source with the same flags and differ only in where the compiler comes from. Debian's packages come first: they
 * need no more than apt. `only` names the one kind that will do; undefined is returned when that cannot be had.
 */
export async function ensureWasmCompiler(only = process.env.CUTTLE_WASM_TOOLCHAIN) {
  if (only !== undefined && !(only in compilers)) throw new Trouble(`There is no wasm toolchain "${only}".`);
  if (only !== undefined) return compilers[only]();
  return (await compilers.debian()) ?? (await compilers.rustup()) ?? noCompiler();
}

function noCompiler() {
  throw new Trouble(
    `A Rust that builds for wasm32 is missing: install rustup, or on Debian ${debianPackages.join(" ")}.`,
  );
}

const compilers = {
  async debian() {
    if (!isDebian()) return undefined;
    const found = (await debianVersions()) ?? (await installDebianPackages());
    if (found === undefined) return undefined;
    const rustc = await run("/usr/bin/rustc", ["--version"], { capture: true });
    return {
      kind: "debian",
      description: `${rustc.trim()}; ${found}`,
      env: {
        PATH: `/usr/bin${delimiter}${process.env.PATH}`,
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: "wasm-ld-22",
      },
      rustflags: ["-Clinker-flavor=wasm-ld"],
    };
  },
  async rustup() {
    if (!findProgram("rustup")) return undefined;
    const toolchain = versions.rustup;
    const args = [
      "toolchain",
      "install",
      toolchain,
      "--profile",
      "minimal",
      "--component",
      "rust-src",
      "--no-self-update",
    ];
    const { code } = await step(`rustup toolchain ${toolchain} with rust-src`, () =>
      attempt("rustup", args, { capture: true }),
    );
    if (code !== 0) return undefined;
    const rustc = await run("rustup", ["run", toolchain, "rustc", "--version"], { capture: true });
    return { kind: "rustup", description: rustc.trim(), env: { RUSTUP_TOOLCHAIN: toolchain }, rustflags: [] };
  },
};

/** Resolves as {@link debianVersions} does; other distributions may not have the packages, or this user no right. */
async function installDebianPackages() {
  try {
    await aptInstall(debianPackages, "A Rust that builds for wasm32");
  } catch (error) {
    say(error.message);
  }
  return debianVersions();
}

/** `rustc-web 1.2, …` when all of Debian's packages are installed, else undefined. */
async function debianVersions() {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's placeholders look like JavaScript's.
  const format = "-f=${Package} ${Version} ${db:Status-Status}\\n";
  const { output } = await attempt("dpkg-query", ["-W", format, ...debianPackages], { capture: true });
  const installed = output.split("\n").filter((line) => line.endsWith(" installed"));
  if (installed.length !== debianPackages.length) return undefined;
  return installed
    .map((line) => line.replace(/ installed$/, ""))
    .sort()
    .join(", ");
}

/** The Chromium to drive: undefined for Playwright's own, else the path of the machine's; null when there is none. */
export async function findChromium() {
  const { chromium } = await import("playwright");
  if (existsSync(chromium.executablePath())) return undefined;
  return findProgram("chromium") ?? findProgram("chromium-browser") ?? findProgram("google-chrome") ?? null;
}

/** Makes sure that {@link findChromium} finds something. */
export async function ensureChromium() {
  if ((await findChromium()) !== null) return;
  await aptInstall(["chromium"], "Chromium, for the browser tests,");
}

/** The engine of Chromium alone: what Playwright starts by itself, too, when nobody looks. Opening a page costs a fifth. */
function findShell() {
  return findProgram("chromium-headless-shell");
}

/** Makes sure, where that is possible, that tests need not wait for the rest of Chromium, which can all they need. */
export async function ensureShell() {
  if (findShell() !== undefined || (await findChromium()) === undefined) return;
  try {
    await aptInstall(["chromium-headless-shell"], "Chromium without its windows, for faster tests,");
  } catch (error) {
    say(`The tests run in the whole Chromium, which takes longer. ${error.message}`);
  }
}

/**
 * The options with which Playwright starts that Chromium, of which there is only the engine where it is installed alone.
 * What that lacks, such as the back/forward cache, asks for all of it with `isWhole`.
 */
export async function chromiumOptions({ isWhole = false } = {}) {
  const whole = await findChromium();
  const executablePath = whole === undefined || isWhole ? whole : (findShell() ?? whole);
  const quiet = ["quic", "background-networking", "component-update", "sync"].map((part) => `--disable-${part}`);
  return {
    ...(executablePath ? { executablePath } : {}),
    ...(isWhole && whole === undefined ? { channel: "chromium" } : {}),
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", ...quiet],
  };
}

/** The Firefox to drive, or undefined. Playwright drives it as it is; newer releases of Playwright cannot drive the ESR. */
export function findFirefox() {
  return findProgram("firefox-esr") ?? findProgram("firefox");
}

/** Makes sure that {@link findFirefox} finds something. */
export async function ensureFirefox() {
  if (findFirefox() === undefined) await aptInstall(["firefox-esr"], "Firefox, for the browser tests,");
}

/** The programs that WebKitGTK is driven with: its WebDriver, its browser and a display; undefined when one is missing. */
export async function findWebkit() {
  const [driver, display] = [findProgram("WebKitWebDriver"), findProgram("Xvfb")];
  if (driver === undefined || display === undefined) return undefined;
  const { output } = await attempt("dpkg-query", ["-L", "libwebkit2gtk-4.1-0"], { capture: true });
  const browser = output.split("\n").find((path) => path.endsWith("/MiniBrowser"));
  return browser === undefined ? undefined : { driver, display, browser };
}

/** Makes sure that {@link findWebkit} finds all of them, and resolves with them. */
export async function ensureWebkit() {
  if ((await findWebkit()) === undefined) {
    await aptInstall(["webkit2gtk-driver", "libwebkit2gtk-4.1-0", "xvfb"], "WebKitGTK, for the browser tests,");
  }
  const found = await findWebkit();
  if (found === undefined) throw new Trouble("WebKitGTK was installed, but not all of its programs are there.");
  return found;
}

/** The version of wasm-bindgen that the crate was locked to; it must be the version of the tool. */
export function lockedWasmBindgen(folder = join(root, "wasm-core")) {
  const lock = readFileSync(join(folder, "Cargo.lock"), "utf8");
  return /name = "wasm-bindgen"\nversion = "([^"]+)"/.exec(lock)?.[1];
}

if (process.argv[1] === import.meta.filename) {
  await ensureWasmTools();
  await ensureWasmOpt();
  const compiler = await ensureWasmCompiler();
  await ensureChromium();
  await ensureShell();
  await ensureFirefox();
  await ensureWebkit();
  say(`ready: ${compiler.description}`);
}
