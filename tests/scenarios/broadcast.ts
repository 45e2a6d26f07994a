import { broadcast, oneshot, t } from "../../ts/index.ts";
import { listen } from "./peer-kinds.ts";
import { type Ending, type Route, session } from "./session.ts";
import { BroadcastAsk, Heard } from "./types.ts";

/** What one side heard of the numbers that the other one sent. */
export interface Numbers {
  count: number;
  lags: number;
  /** Each is greater than the one before. */
  rising: boolean;
}

/** Broadcasts numbers without a pause to the peer, then listens to the peer do the same. */
export async function broadcastNumbers(
  route: Route,
  { count, sendBuffer }: { count: number; sendBuffer: number },
): Promise<{ listened: Numbers; subscribed: Numbers; ending: Ending }> {
  return await session(route, "broadcast", { send: BroadcastAsk }, async (conn) => {
    const [tx, rx] = broadcast.channel(t.u32, { sendBuffer });
    const [reporting, report] = oneshot.channel(Heard);
    await conn.tx.send({ Listen: { rx, report: reporting } });
    for (let number = 0; number < count; number++) tx.send(number);
    tx.close();
    const listened = await report.recv();

    const [going, go] = oneshot.channel(t.unit);
    const [reply, replied] = oneshot.channel(t.broadcast.receiver(t.u32));
    await conn.tx.send({ Subscribe: { count, send_buffer: sendBuffer, go, reply } });
    const subscription = await replied.recv();
    await going.send(null);
    const subscribed = await listen(subscription);
    return { listened: numbersIn(listened), subscribed: numbersIn(subscribed) };
  });
}

function numbersIn({ values, lags }: { values: readonly number[]; lags: number }): Numbers {
  const rising = values.every((number, at) => at === 0 || number > (values[at - 1] as number));
  return { count: values.length, lags, rising };
}
