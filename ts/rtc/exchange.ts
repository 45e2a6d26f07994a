/** One call: a request, and what comes back. */

import type * as oneshot from "../channel/oneshot.ts";
import { CuttleError } from "../errors/error.ts";
import type { Apart, ClientControl } from "./client.ts";
import { type CallName, notServed, replyFailure, sendFailure } from "./failure.ts";
import type { ReplySender } from "./reply-channel.ts";
import type { Reply } from "./responder.ts";
import type { WireRequest } from "./service.ts";

/** A request, and the channel for what comes back. */
export interface Exchange {
  readonly request: WireRequest;
  readonly channel: readonly [ReplySender<Reply>, oneshot.Receiver<Reply>];
}

/**
 * Sends a request, made when it is its turn, and waits for what comes back. Giving up lets go of the reply, which the
 * server notices.
 */
export async function exchange(
  client: Pick<ClientControl, "gate" | "sender" | "deliver">,
  make: () => Exchange,
  name: CallName,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  const { gate, sender } = client;
  await gate.enter({ signal });
  let made: Exchange;
  try {
    made = make();
  } catch (error) {
    gate.leave();
    throw error;
  }
  const { request, channel } = made;
  const [replyTx, replyRx] = channel;
  let apart: Apart | undefined;
  try {
    apart = await client.deliver(request, { signal }).finally(() => gate.leave());
    if (apart !== undefined) await apart.rest;
  } catch (error) {
    apart?.over();
    replyRx.drop();
    throw signal?.aborted === true ? signal.reason : sendFailure(error, name);
  }
  try {
    return await replyRx.recv({ signal });
  } catch (error) {
    replyRx.drop();
    if (signal?.aborted === true) throw signal.reason;
    // Refused or not sent because the server had just gone, which the end of the request channel tells.
    const wasLate = sender.isClosed && (replyTx.wasGivenBack || wasNotTaken(error));
    throw wasLate ? notServed(error, name) : replyFailure(error, name);
  } finally {
    apart?.over();
  }
}

/** The request was refused, or given up before it left. */
function wasNotTaken(error: unknown): boolean {
  return CuttleError.is(error) && (error.code === "remote_rejected" || error.data.unsent === true);
}
