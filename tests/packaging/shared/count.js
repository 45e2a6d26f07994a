/** What every consumer does: one count, whose numbers come through a channel in the request. */
import { connect, mpsc, t } from "cuttle";

const CountReq = t.struct({ up_to: t.u32, seq_tx: t.mpsc.sender(t.u32) });

/** The numbers below `upTo`, separated by blanks, as the server sent them. */
export async function count(server, upTo = 5) {
  const conn = await connect(server, { send: CountReq });
  const [seq_tx, seq_rx] = mpsc.channel(t.u32);
  await conn.tx.send({ up_to: upTo, seq_tx });
  const numbers = [];
  for await (const number of seq_rx) numbers.push(number);
  await conn.close();
  return numbers.join(" ");
}
