/** Passing requests on to another client. */

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
  const { sender } = client[CONTROL];
  void sender.closed().then(() => requests.drop());
  for (;;) {
    let request: WireRequest | undefined;
    try {
      request = await requests.receiver.recv();
      if (request === undefined) return sender.isClosed ? "gone" : "over";
      await sender.send(request);
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
