import { Duplex, type Readable, type Writable } from "node:stream";
import type { WebSocket } from "ws";
import { CuttleError } from "../errors/error.ts";
import { type Target, toTransport } from "../transport/target.ts";
import type { Transport } from "../transport/transport.ts";
import { type StreamTransportOptions, streamTransport } from "./stream.ts";
import { wsTransport } from "./ws.ts";

/** What has standard streams: a process that was spawned with pipes, or `process` itself. */
export interface Stdio {
  readonly stdin: Writable | (Readable & { fd: 0 }) | null;
  readonly stdout: Readable | Writable | null;
}

/**
 * What can be connected to on Node: every {@link Target}, and any byte stream: a TCP, TLS or Unix socket, any `Duplex`,
 * a child process by its standard streams, and `process` in that child.
 */
export type NodeTarget = Target | Duplex | Stdio;

/** The transport for a target, which belongs to it from now on. Throws `local_misuse` for what is not a target. */
export function toNodeTransport(target: NodeTarget): Transport {
  if (target instanceof Duplex) return streamTransport(target);
  if (isStdio(target)) return stdioTransport(target);
  return isWsSocket(target) ? wsTransport(target) : toTransport(target as Target);
}

/**
 * A transport over the standard streams of a child process, or of this one when `process` is given. Whatever else is
 * written there, such as by `console.log`, breaks the connection: write messages to stderr. Throws `local_misuse` when
 * the process has no pipes.
 */
export function stdioTransport(stdio: Stdio, options: StreamTransportOptions = {}): Transport {
  const isOwn = stdio === process;
  const readable = (isOwn ? stdio.stdin : stdio.stdout) as Readable | null;
  const writable = (isOwn ? stdio.stdout : stdio.stdin) as Writable | null;
  if (readable === null || writable === null) {
    throw new CuttleError(
      "local_misuse",
      'the process has no pipes to talk through: spawn it with stdio: ["pipe", "pipe", "inherit"]',
    );
  }
  return streamTransport(Duplex.from({ readable, writable }), options);
}

/** A socket of the `ws` package, which tells what it has written, unlike the platform's. */
function isWsSocket(target: NodeTarget): target is WebSocket & Target {
  const { readyState, on, ping } = target as { readyState?: unknown; on?: unknown; ping?: unknown };
  return typeof readyState === "number" && typeof on === "function" && typeof ping === "function";
}

function isStdio(target: NodeTarget): target is Stdio {
  return typeof target === "object" && "stdin" in target && "stdout" in target;
}
