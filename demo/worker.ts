/** A peer in a worker of the page. */

import { connect } from "../ts/index.ts";
import { CountNote, Request } from "./contract.ts";
import { answerRequests } from "./peer.ts";

type Target = Parameters<typeof connect>[0];

async function main(): Promise<void> {
  // The types of a worker's `self` and of a window's exclude each other in one project.
  const page = self as unknown as Target;
  await answerRequests(await connect(page, { send: CountNote, receive: Request }));
}

// Reported, it becomes the worker's `error` event, which the page shows.
main().catch(reportError);
