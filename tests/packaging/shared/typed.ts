/** The count as a TypeScript program writes it; only compiled. */
import { type Connection, CuttleError, connect, type Infer, mpsc, t } from "cuttle";
import { type Incoming, serve } from "cuttle/node";
import { pair } from "cuttle/testing";

const CountReq = t.struct({ up_to: t.u32, seq_tx: t.mpsc.sender(t.u32) });
type Count = Infer<typeof CountReq>;

export async function count(url: string): Promise<number[]> {
  const conn: Connection<Count> = await connect(url, { send: CountReq });
  const [seq_tx, seq_rx] = mpsc.channel(t.u32);
  await conn.tx.send({ up_to: 5, seq_tx });
  const numbers: number[] = [];
  for await (const number of seq_rx) numbers.push(number);
  // @ts-expect-error: a request has a sender.
  await conn.tx.send({ up_to: 5 });
  return numbers;
}

export async function listen(): Promise<string> {
  const server = await serve({ port: 0 }, async (incoming: Incoming) => {
    const conn = await incoming.connect({ receive: CountReq });
    const request: Count | undefined = await conn.rx.recv();
    await request?.seq_tx.send(1);
  });
  return server.url;
}

export const isLost = (error: unknown): boolean => CuttleError.is(error) && error.code === "transport_lost";
export const network = pair({ latencyMs: 10 });
