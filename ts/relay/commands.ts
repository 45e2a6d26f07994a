import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { CuttleError } from "../errors/error.ts";
import { traceText } from "../mux/trace-text.ts";
import { parseAddress, showAddress } from "./address.ts";
import { limitedLog } from "./log.ts";
import { type RelayOptions, startRelay } from "./relay.ts";

const HELP = `usage: cuttle relay LISTEN TARGET [options]
       cuttle trace FILE
       cuttle import FILE [NAME...] [options]; see cuttle import --help

relay joins every program that connects to LISTEN with a fresh connection to TARGET. Either is a remoc or cuttle program,
of any release; nothing need be known of what they say to each other.

  LISTEN, TARGET              ws://HOST:PORT/PATH, wss://HOST:PORT/PATH, tcp://HOST:PORT or unix:PATH; port 0 is a free one
  --origin ORIGIN             a page that may connect, such as https://app.example; may be repeated. Default: pages of this host
  --any-origin                every page may connect
  --cert FILE, --key FILE     certificate and key in PEM, to listen on wss:
  --ca FILE                   certificates to trust for a wss: target, in place of the system's
  --max-connections NUMBER    sessions at the same time; default 1000
  --buffered-bytes NUMBER     what each side of a session may make the relay keep; default 4194304
  --quiet                     no line for each session
  --help

The first line on stdout says where it listens. Ctrl-C says Goodbye to everybody; again ends at once.

trace prints the frames in a file that was written with what Trace.bytes() returns; numbers with a star are the sender's.
`;

/** What a command writes to. */
export interface Output {
  out(line: string): void;
  err(line: string): void;
}

/**
 * Runs a command line, without the name of the program. Resolves with the exit code when it is done; a relay is when
 * `stop` aborts.
 */
export async function runCommand(args: readonly string[], output: Output, stop: AbortSignal): Promise<number> {
  const [command, ...rest] = args;
  if (command === undefined || command === "help" || args.includes("--help")) {
    output.out(HELP.trimEnd());
    return command === undefined ? 2 : 0;
  }
  try {
    if (command === "relay") await relay(rest, output, stop);
    else if (command === "trace") trace(rest, output);
    else
      throw new CuttleError("local_misuse", `there is no command ${JSON.stringify(command)}: relay, trace or import`);
    return 0;
  } catch (error) {
    output.err(`cuttle: ${(error as Error).message}`);
    return isMisuse(error) ? 2 : 1;
  }
}

async function relay(args: string[], output: Output, stop: AbortSignal): Promise<void> {
  const options = relayOptions(args, output);
  const running = await startRelay(options);
  output.out(`${running.address} is relayed to ${showAddress(options.target)}`);
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener("abort", resolve, { once: true }));
  await running.close();
}

function relayOptions(args: string[], output: Output): RelayOptions {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: RELAY_OPTIONS });
  const [from, to, ...others] = positionals;
  if (from === undefined || to === undefined || others.length > 0) {
    throw new CuttleError("local_misuse", "relay needs two addresses, where to listen and the target; see --help");
  }
  const { cert, key, ca } = values;
  const origins = values["any-origin"] === true ? ("any" as const) : values.origin;
  return {
    listen: parseAddress(from),
    target: parseAddress(to),
    ...(origins === undefined ? {} : { origins }),
    tls: cert === undefined || key === undefined ? undefined : { cert: textOf(cert), key: textOf(key) },
    ca: ca === undefined ? undefined : textOf(ca),
    maxConnections: wholeNumber("max-connections", values["max-connections"], 1_000),
    bufferedBytes: wholeNumber("buffered-bytes", values["buffered-bytes"], 4 * 1024 * 1024),
    log: values.quiet === true ? () => {} : limitedLog((line) => output.err(line)),
  };
}

const RELAY_OPTIONS = {
  origin: { type: "string", multiple: true },
  "any-origin": { type: "boolean" },
  cert: { type: "string" },
  key: { type: "string" },
  ca: { type: "string" },
  "max-connections": { type: "string" },
  "buffered-bytes": { type: "string" },
  quiet: { type: "boolean" },
} as const;

function trace(args: readonly string[], output: Output): void {
  const [file, ...others] = args;
  if (file === undefined || others.length > 0)
    throw new CuttleError("local_misuse", "trace needs one file; see --help");
  for (const line of traceText(readFileSync(file))) output.out(line);
}

function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new CuttleError("local_misuse", `--${name} must be a whole number above 0, got ${JSON.stringify(text)}`);
}

function textOf(path: string): string {
  return readFileSync(path, "utf8");
}

function isMisuse(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return CuttleError.is(error, "local_misuse") || (typeof code === "string" && code.startsWith("ERR_PARSE_ARGS"));
}
