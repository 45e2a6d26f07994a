import { connect, mpsc, t } from "../ts/index.ts";

const CountReq = t.struct({ up_to: t.u32, seq_tx: t.mpsc.sender(t.u32) });

export async function count(url: string, show: (number: number) => void) {
  const conn = await connect(url, { send: CountReq });
  const [seq_tx, seq_rx] = mpsc.channel(t.u32);

  await conn.tx.send({ up_to: 5, seq_tx }); // the sender travels

  for await (const number of seq_rx) show(number); // 0 1 2 3 4
  await conn.close();
}
