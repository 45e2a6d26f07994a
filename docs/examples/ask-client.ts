/** Asks the server of ask-server.ts, from a page or from Node. */

// #region readme
import { connect, oneshot, type Target, t } from "../../ts/index.ts";
import { Question } from "./question.ts";

export async function ask(server: Target, text: string): Promise<string> {
  await using conn = await connect(server, { send: Question });
  const [answer, answered] = oneshot.channel(t.str);
  await conn.tx.send({ text, answer });
  return await answered.recv();
}
// #endregion
