/** remoc's first example from a page: the channel half in the request is where the answers come from. */

// #region readme
import { connect, mpsc, t } from "../../ts/index.ts";

const CountReq = t.struct({ up_to: t.u32, seq_tx: t.mpsc.sender(t.u32) });

export async function count(url: string): Promise<number[]> {
  await using conn = await connect(url, { send: CountReq });
  const [seq_tx, seq_rx] = mpsc.channel(t.u32);
  await conn.tx.send({ up_to: 4, seq_tx }); // the sender travels, the receiver stays
  const numbers: number[] = [];
  for await (const i of seq_rx) numbers.push(i);
  return numbers; // [0, 1, 2, 3]: the server dropped the sender, so the loop ended
}
// #endregion
