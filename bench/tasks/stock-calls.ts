import { Counter } from "../../tests/scenarios/calling-types.ts";
import { clientControl, connect, t } from "../../ts/index.ts";
import { LIMITS } from "../rivals/cuttle-types.ts";
import { many } from "./calls.ts";

/** A stock remoc server, and how many calls. */
export interface StockCallsArgs {
  /** Of the peer in tests/interop/peers, without a path. */
  url: string;
  /** One after the other. */
  sequential: number;
  /** With `width` waiting for answers at any time. */
  parallel: number;
  width: number;
}

/** What they took. */
export interface StockCallsResult {
  sequentialPerSecond: number;
  parallelPerSecond: number;
  /** Messages that this side sent for each call, with `width` at a time and one by one. */
  sentPerCall: { sequential: number; parallel: number };
}

/** Calls of a method of a Rust trait that returns a number, on one connection. */
export async function stockCalls({ url, sequential, parallel, width }: StockCallsArgs): Promise<StockCallsResult> {
  const conn = await connect(`${url}/counter/postbag`, { send: t.unit, receive: t.client(Counter), limits: LIMITS });
  const counter = await conn.rx.recv();
  if (counter === undefined) throw new Error("the peer gave no counter");
  const call = async (): Promise<void> => {
    const value = await counter.value();
    if (value !== 0) throw new Error(`the counter stands at ${value}`);
  };
  const measure = async (lanes: number, count: number): Promise<{ perSecond: number; sent: number }> => {
    await many(lanes, count / 5, call);
    const { framesSent } = conn.stats();
    const start = performance.now();
    await many(lanes, count, call);
    const perSecond = (count / (performance.now() - start)) * 1000;
    return { perSecond, sent: (conn.stats().framesSent - framesSent) / count };
  };
  try {
    const one = await measure(1, sequential);
    const all = await measure(width, parallel);
    return {
      sequentialPerSecond: one.perSecond,
      parallelPerSecond: all.perSecond,
      sentPerCall: { sequential: one.sent, parallel: all.sent },
    };
  } finally {
    clientControl(counter).close();
    await conn.close();
  }
}
