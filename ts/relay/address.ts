import { CuttleError } from "../errors/error.ts";

/** Where to listen or what to connect to. */
export type Address =
  | {
      readonly kind: "websocket";
      readonly secure: boolean;
      readonly host: string;
      readonly port: number;
      readonly url: URL;
    }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** Reads `ws://HOST:PORT/PATH`, `wss://…`, `tcp://HOST:PORT` or `unix:PATH`. Throws `local_misuse` for anything else. */
export function parseAddress(text: string): Address {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
    if (path !== "") return { kind: "unix", path };
  } else if (URL.canParse(text)) {
    const url = new URL(text);
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
    if (url.protocol === "ws:" || url.protocol === "wss:") {
      const secure = url.protocol === "wss:";
      const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
      if (url.hash === "") return { kind: "websocket", secure, host, port, url };
    }
    if (url.protocol === "tcp:" && host !== "" && url.port !== "" && /^\/?$/.test(url.pathname + url.search)) {
      return { kind: "tcp", host, port: Number(url.port) };
    }
  }
  throw new CuttleError(
    "local_misuse",
    `${JSON.stringify(text)} is no address. Write ws://HOST:PORT/PATH, wss://HOST:PORT/PATH, tcp://HOST:PORT or unix:PATH`,
  );
}

/** As a person would write it. */
export function showAddress(address: Address): string {
  switch (address.kind) {
    case "websocket":
      return address.url.href;
    case "tcp":
      return `tcp://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
    case "unix":
      return `unix:${address.path}`;
  }
}
