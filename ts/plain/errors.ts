import { CuttleError, type ErrorCode } from "../errors/error.ts";

/** What an error is made of on the wire. */
export type ErrorParts = [type: string, name: string, message: string, more: Record<string, unknown>];

/** The classes that come out as they went in; all others come out as an `Error` with their name. */
const classes: ReadonlyMap<string, new (message: string) => Error> = /* @__PURE__ */ new Map<
  string,
  new (
    message: string,
  ) => Error
>([
  ["TypeError", TypeError],
  ["RangeError", RangeError],
  ["SyntaxError", SyntaxError],
  ["ReferenceError", ReferenceError],
  ["EvalError", EvalError],
  ["URIError", URIError],
]);

/** A message longer than this is cut, so that an error is never larger than what it reports. */
const MAX_MESSAGE = 4096;

/** Takes an error apart. Its stack goes along with `withStack` only: it names files of this program. */
export function errorParts(error: Error, withStack: boolean): ErrorParts {
  const more: Record<string, unknown> = {};
  for (const key of Object.keys(error)) {
    if (key !== "code" && key !== "data" && key !== "name")
      more[key] = (error as unknown as Record<string, unknown>)[key];
  }
  if (error.cause !== undefined) more.cause = error.cause;
  if (error instanceof AggregateError) more.errors = error.errors;
  if (withStack && typeof error.stack === "string") more.stack = error.stack;
  const message = text(error.message);
  if (CuttleError.is(error)) return ["CuttleError", error.code, message, { ...more, data: { ...error.data } }];
  const code = (error as { code?: unknown }).code;
  if (typeof code === "string" || (typeof code === "number" && !isDomException(error))) more.code = code;
  return [isDomException(error) ? "DOMException" : "Error", text(error.name), message, more];
}

function text(value: unknown): string {
  return String(value)
    .slice(0, MAX_MESSAGE)
    .replace(/\p{Surrogate}/gu, "\ufffd");
}

/** An error of these parts, still without what `more` holds: that may refer to the error itself. */
export function errorOf(type: string, name: string, message: string): Error {
  if (type === "CuttleError") return remoteError(name, message);
  if (type === "DOMException") return new DOMException(message, name);
  if (name === "AggregateError") return new AggregateError([], message);
  const known = classes.get(name);
  const error = known === undefined ? new Error(message) : new known(message);
  if (error.name !== name) define(error, "name", name);
  return error;
}

/** Gives an error what else it is made of; nothing that every error inherits, and nothing that makes it a promise. */
export function completeError(error: Error, more: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(more)) {
    if (key === "stack") define(error, key, `${value}\n    at the other side of the connection`);
    else if (key === "cause" || key === "errors" || key === "data") define(error, key, value);
    else if (key !== "then" && !(key in Error.prototype)) (error as unknown as Record<string, unknown>)[key] = value;
  }
}

/** What is at fault there is not at fault here. */
function remoteError(code: string, message: string): CuttleError {
  const kept = remoteCodes.find((known) => known === code) ?? "remote_failed";
  return new CuttleError(kept, message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message);
}

const remoteCodes: readonly ErrorCode[] = ["remote_closed", "remote_rejected", "remote_failed"];

function isDomException(error: Error): boolean {
  return typeof DOMException === "function" && error instanceof DOMException;
}

function define(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, configurable: true, writable: true, enumerable: false });
}
