/** Runs scenarios in a worker or a SharedWorker against a WebSocket server, for the page. */

import { type Asked, runScenario } from "./scenario.ts";

/** What the page posts, and what it gets. */
export type Order = Asked & { readonly base: string };
export type Outcome = { readonly result: unknown } | { readonly error: string };

declare const self: Worker & { onconnect: ((event: MessageEvent) => void) | null };

async function answer({ data }: MessageEvent<Order>, to: Worker | MessagePort): Promise<void> {
  let outcome: Outcome;
  try {
    outcome = { result: await runScenario(data, (path) => data.base + path) };
  } catch (error) {
    outcome = { error: String((error as Error).stack ?? error) };
  }
  to.postMessage(outcome);
}

self.onmessage = (event) => void answer(event, self);
self.onconnect = ({ ports: [port] }) => {
  if (port !== undefined) port.onmessage = (event) => void answer(event, port);
};
