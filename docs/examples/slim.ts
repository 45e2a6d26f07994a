/** The core from a file of its own. */

// #region readme
import { connect, init, mpsc, type Target, t } from "../../ts/slim.ts";

export async function numbers(
  core: URL | Uint8Array<ArrayBuffer> | WebAssembly.Module,
  server: Target,
): Promise<number[]> {
  await init(core); // once, before the first connection
  await using conn = await connect(server, { send: t.mpsc.sender(t.u32) });
  const [tx, rx] = mpsc.channel(t.u32);
  await conn.tx.send(tx);
  const received: number[] = [];
  for await (const number of rx) received.push(number);
  return received;
}
// #endregion
