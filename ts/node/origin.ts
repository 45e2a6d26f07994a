import type { IncomingMessage } from "node:http";
import { CuttleError } from "../errors/error.ts";

/** Who may open a connection, as far as a browser says where the page comes from. */
export interface OriginPolicy {
  /**
   * Origins of pages that may connect, such as `"https://app.example"`, or `"any"`. Default: pages of this server
   * itself, told by the `Host` header; a server reached over loopback must then be called `localhost` or by a
   * loopback address, because otherwise any site could point its name at it (DNS rebinding).
   */
  origins?: readonly string[] | "any";
  /** Refuses clients that send no `Origin`, as all but browsers do; default false. */
  requireOrigin?: boolean;
}

/** Decides about a request: undefined when it may pass, else why not, in words for the person who set it up. */
export type OriginCheck = (request: IncomingMessage) => string | undefined;

/**
 * The check for a policy. Origins are parsed and compared whole, never as prefixes. Throws `local_misuse` for an
 * entry that is not an origin, because a typing error there would lock everybody out or let everybody in.
 */
export function originCheck(policy: OriginPolicy): OriginCheck {
  const { origins, requireOrigin = false } = policy;
  const allowed = origins === undefined || origins === "any" ? origins : new Set(origins.map(parseAllowed));
  return (request) => {
    const header = request.headers.origin;
    if (header === undefined) return requireOrigin ? "an Origin header is required" : undefined;
    if (allowed === "any") return undefined;
    const origin = parseOrigin(header);
    if (allowed !== undefined) {
      return origin !== undefined && allowed.has(origin)
        ? undefined
        : `the origin ${quoted(header)} is not in the list of allowed origins`;
    }
    return sameOrigin(origin, request) ? undefined : notSameOrigin(header, request);
  };
}

/** Law: an origin that does not parse to itself is no origin. `"null"` only matches an explicit `"null"`. */
function parseOrigin(text: string): string | undefined {
  if (text === "null") return "null";
  if (!URL.canParse(text)) return undefined;
  const { origin } = new URL(text);
  return origin === text.toLowerCase() ? origin : undefined;
}

function parseAllowed(text: string): string {
  if (text === "null") return text;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // A star is a legal character in a URL's host, and surely meant as a pattern.
  if (url === undefined || url.origin === "null" || url.href !== `${url.origin}/` || url.host.includes("*")) {
    throw new CuttleError(
      "local_misuse",
      `${JSON.stringify(text)} in "origins" is not an origin. Write scheme, host and port, without patterns: ` +
        '"https://app.example".',
    );
  }
  return url.origin;
}

function sameOrigin(origin: string | undefined, request: IncomingMessage): boolean {
  const host = request.headers.host;
  if (origin === undefined || origin === "null" || host === undefined) return false;
  const { protocol, host: originHost, hostname } = new URL(origin);
  // The scheme is the origin's: behind a proxy this server does not know which one the browser used.
  const own = `${protocol}//${host}`;
  if (!URL.canParse(own) || new URL(own).host !== originHost) return false;
  return !isLoopbackAddress(request.socket.localAddress) || isLoopbackName(hostname);
}

function notSameOrigin(header: string, request: IncomingMessage): string {
  return (
    `the origin ${quoted(header)} is not this server (${quoted(request.headers.host ?? "")}), or not a local name of it; ` +
    'list the pages that may connect in the server\'s option "origins"'
  );
}

function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false;
  return address === "::1" || address.startsWith("127.") || address.startsWith("::ffff:127.");
}

function isLoopbackName(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
