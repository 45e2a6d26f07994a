import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { RivalId } from "../rivals/index.ts";
import { ended, nextMessage } from "./hosts.ts";

/** Servers of the libraries, each in a process of its own, started when first asked for. */
export class Servers {
  readonly #running = new Map<RivalId, { child: ChildProcess; url: string }>();

  /** The URL of a library's server. */
  async url(rival: RivalId): Promise<string> {
    const running = this.#running.get(rival) ?? (await this.#start(rival));
    return running.url;
  }

  /** The port of a library's server on 127.0.0.1. */
  async port(rival: RivalId): Promise<number> {
    return Number(new URL(await this.url(rival)).port);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ child }) => ended(child)));
  }

  async #start(rival: RivalId): Promise<{ child: ChildProcess; url: string }> {
    const child = fork(join(import.meta.dirname, "server-process.ts"), [rival], { execArgv: [] });
    const { url } = await nextMessage<{ url: string }>(child);
    const running = { child, url };
    this.#running.set(rival, running);
    return running;
  }
}
