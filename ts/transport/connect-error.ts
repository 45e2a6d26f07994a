import { CuttleError } from "../errors/error.ts";

/** Names the usual causes, because browsers tell scripts nothing. The query is left out: it may hold a secret. */
export function connectError(url: string | undefined, cause: unknown, what?: string): CuttleError {
  const { shown, secure } = shownUrl(url);
  const detail = [what, cause === undefined ? undefined : messageOf(cause)].filter((part) => part !== undefined);
  const page = (globalThis as { location?: { protocol?: string } }).location?.protocol;
  const causes = [
    "the server is not running or not reachable",
    "it does not accept WebSockets at this path",
    "it refused this page's origin",
  ];
  if (page === "https:" && !secure) causes.push("a https: page may only open wss: (mixed content)");
  if (page !== undefined) causes.push("the page's content security policy does not list it in connect-src");
  if (secure) causes.push("its certificate is not trusted");
  return new CuttleError(
    "transport_connect",
    `could not open WebSocket ${shown}${detail.length > 0 ? `: ${detail.join("; ")}` : ""}. Likely causes: ${causes.join("; ")}.`,
    { cause },
  );
}

function shownUrl(url: string | undefined): { shown: string; secure: boolean } {
  if (url === undefined || url === "" || !URL.canParse(url)) return { shown: "(unknown URL)", secure: false };
  const { protocol, host, pathname, search } = new URL(url);
  return { shown: `${protocol}//${host}${pathname}${search === "" ? "" : "?…"}`, secure: protocol === "wss:" };
}

/** What an error says, or else what it is. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== "") return error.message;
  return String((error as { code?: unknown }).code ?? error.name);
}
