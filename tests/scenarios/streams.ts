import { CuttleError, type Infer, io, type Progress, t } from "../../ts/index.ts";
import { differences } from "./differences.ts";
import { itemOf } from "./items.ts";
import { type Ending, type Route, session } from "./session.ts";

/** `io`, halves for whoever gets them: it reads `rx` and writes `tx`. */
export const IoStreams = t.struct("Streams", { rx: t.io.receiver, tx: t.io.sender });

/** `io`, page to peer. */
export const IoAsk = t.enum("Ask", {
  Echo: t.struct({ streams: IoStreams, shut_down: t.bool }),
  Offer: t.struct({ size: t.option(t.u64) }),
});

/** How an echo goes. */
export interface StreamArgs {
  /** The peer makes the channels, and sends us halves. */
  offered: boolean;
  /** The channels have a size. */
  sized: boolean;
  /** The peer leaves without ending its stream. */
  breaksOff?: boolean;
}

const LENGTH = 300_000;

/** Bytes of a stream, and back. */
export async function ioEcho(
  route: Route,
  { offered, sized, breaksOff = false }: StreamArgs,
): Promise<{ same: boolean; sizes: (number | undefined)[]; progress: boolean; code: string; ending: Ending }> {
  const bytes = itemOf(0, LENGTH);
  return await session(route, "io", { send: IoAsk, receive: IoStreams }, async (conn) => {
    const channel = () => (sized ? io.sized(LENGTH) : io.channel());
    const streams = async (): Promise<Infer<typeof IoStreams>> => {
      if (offered) {
        await conn.tx.send({ Offer: { size: sized ? BigInt(LENGTH) : null } });
        const got = await conn.rx.recv();
        if (got === undefined) throw new Error("the peer offered nothing");
        return got;
      }
      const [tx, theirRx] = channel();
      const [theirTx, rx] = channel();
      await conn.tx.send({ Echo: { streams: { rx: theirRx, tx: theirTx }, shut_down: !breaksOff } });
      return { rx, tx };
    };
    const { rx, tx } = await streams();
    const before = rx.size;
    const heard: Progress[] = [];
    const sending = tx.send(bytes).then(() => tx.close());
    const got = await rx.readAll({ onProgress: (progress) => heard.push(progress) }).catch(codeOf);
    await sending;
    const code = typeof got === "string" ? got : "";
    const same = typeof got !== "string" && differences(bytes, got).length === 0;
    return { same, sizes: [before, rx.size], progress: heard.at(-1)?.doneBytes === LENGTH, code };
  });
}

/** Handles one request of `io`. */
export async function serveIo(
  ask: Infer<typeof IoAsk>,
  offer: (streams: Infer<typeof IoStreams>) => Promise<void>,
): Promise<void> {
  if ("Echo" in ask) return await echoBytes(ask.Echo.streams, ask.Echo.shut_down);
  const { size } = ask.Offer;
  const channel = () => (size === null ? io.channel() : io.sized(Number(size)));
  const [[thereTx, thereRx], [backTx, backRx]] = [channel(), channel()];
  await offer({ rx: thereRx, tx: backTx });
  await echoBytes({ rx: backRx, tx: thereTx }, true);
}

async function echoBytes({ rx, tx }: Infer<typeof IoStreams>, shutDown: boolean): Promise<void> {
  for await (const bytes of rx) await tx.send(bytes);
  if (shutDown) await tx.close();
  else tx.abort();
}

function codeOf(error: unknown): string {
  return CuttleError.is(error) ? error.code : String(error);
}
