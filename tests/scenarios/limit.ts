import { mpsc, t } from "../../ts/index.ts";
import { type Ending, type Route, session } from "./session.ts";
import { Limited } from "./types.ts";

/** Lengths that came through a channel with a limit, and the codes of errors in their place, in order. */
export async function limit(
  route: Route,
  { maxItemBytes }: { maxItemBytes: number | undefined },
): Promise<{ received: (number | string)[]; ending: Ending }> {
  return await session(route, "limit", { send: Limited }, async (conn) => {
    const [tx, rx] = mpsc.channel(t.str, maxItemBytes === undefined ? {} : { maxItemBytes });
    await conn.tx.send({ tx });
    const received: (number | string)[] = [];
    for (;;) {
      try {
        const text = await rx.recv();
        if (text === undefined) break;
        received.push(text.length);
      } catch (error) {
        received.push((error as { code: string }).code);
      }
    }
    rx.drop();
    return { received };
  });
}
