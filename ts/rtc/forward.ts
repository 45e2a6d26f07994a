/** Passing requests on to another client. */

import type * as mpsc from "../channel/mpsc.ts";
import { CuttleError } from "../errors/error.ts";
import { asyncDispose } from "../util/dispose.ts";
import type { Client } from "./client.ts";
import { CONTROL } from "./control.ts";
import { discard } from "./discard.ts";
import type { Requests } from "./requests.ts";
import type { Methods, WireRequest } from "./service.ts";

/**
 * Passes requests on to another client, as they are: whoever calls here is served there. Resolves when the callers have
 * gone, or with `"gone"` when the target is served no more. Requests that cannot be read are refused.
 */
export async function forwardRequests<M extends Methods>(
  requests: Requests<M>,
  client: Client<M>,
): Promise<"over" | "gone"> {
  const control = client[CONTROL];
  return await forwardTo(requests, control.sender, async (request) => {
    const apart = await control.deliver(request);
    if (apart !== undefined) void apart.rest.catch(() => discard(request)).then(apart.over);
  });
}

/** As {@link forwardRequests}; `send` resolves when it is the turn of the next request for `sender`. */
export async function forwardTo(
  requests: Pick<Requests, "wire" | "drop">,
  sender: mpsc.Sender<WireRequest>,
  send: (request: WireRequest) => Promise<void>,
): Promise<"over" | "gone"> {
  void sender.closed().then(() => requests.drop());
  for (;;) {
    let request: WireRequest | undefined;
    try {
      request = await requests.wire();
      if (request === undefined) return sender.isClosed ? "gone" : "over";
      await send(request);
    } catch (error) {
      // Its caller must not wait.
      discard(request);
      if (sender.isClosed || CuttleError.is(error, "local_half_used")) return "gone";
    }
  }
}

/** As {@link forwardRequests}, for a client that nobody else has; it is let go of in the end. Never rejects. */
export async function attach(requests: Requests, client: Client): Promise<void> {
  await forwardRequests(requests, client);
  requests.drop();
  await client[asyncDispose]();
}
