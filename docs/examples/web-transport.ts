/** Calls what a server provides over a stream of WebTransport. */

// #region readme
import { consume, webStreamTransport } from "../../ts/index.ts";
import type { Tools } from "./stdio-child.ts";

export async function shoutOver(url: string, text: string): Promise<string> {
  const session = new WebTransport(url);
  await session.ready;
  const streams = await session.createBidirectionalStream();
  await using tools = await consume<Tools>(webStreamTransport(streams)); // there: provide(tools, { to: … })
  return await tools.shout(text);
}
// #endregion
