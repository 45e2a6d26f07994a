/** A Node server that answers questions; each question brings the channel for its answer. */

// #region readme
import { type Server, serve } from "../../ts/node/index.ts";
import { Question } from "./question.ts";

export function listen(port: number): Promise<Server> {
  return serve({ port, path: "/ask" }, async (incoming) => {
    await using conn = await incoming.connect({ receive: Question });
    for await (const { text, answer } of conn.rx) await answer.send(text.toUpperCase());
  });
}
// #endregion
