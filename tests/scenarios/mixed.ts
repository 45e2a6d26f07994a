import {
  bincode,
  bincode2,
  type Codec,
  cbor,
  type Infer,
  json,
  messagePack,
  mpsc,
  postbagSlim,
  postcard,
  t,
} from "../../ts/index.ts";
import { type Ending, type Route, session } from "./session.ts";

/** The codecs of channels that are not those of their connection, by the fields of {@link Mixed}. */
const CODECS = { json, cbor, message_pack: messagePack, slim: postbagSlim, postcard, bincode, bincode2 } as const;

type Name = keyof typeof CODECS;

/** Halves for whoever gets them: it reads `rx` and writes `tx`. */
function lines(codec: Codec) {
  return t.struct("Lines", { rx: t.mpsc.receiver(t.str, { codec }), tx: t.mpsc.sender(t.str, { codec }) });
}

/** `mixed`, page to peer: each channel in a codec of its own. */
export const Mixed = t.struct("Mixed", {
  json: lines(json),
  cbor: lines(cbor),
  message_pack: lines(messagePack),
  slim: lines(postbagSlim),
  postcard: lines(postcard),
  bincode: lines(bincode),
  bincode2: lines(bincode2),
});

type Lines = Infer<typeof Mixed>[Name];

const TEXTS: readonly string[] = ["", "one", "grüße 🦑"];

/** Texts over a channel of each codec, whatever that of the connection is; what came back over each. */
export async function mixedEcho(route: Route): Promise<{ echoed: Record<string, string[]>; ending: Ending }> {
  return await session(route, "mixed", { send: Mixed }, async (conn) => {
    const ours = new Map<Name, Lines>();
    const theirs = Object.fromEntries(
      Object.entries(CODECS).map(([name]) => {
        const [tx, theirRx] = mpsc.channel(t.str);
        const [theirTx, rx] = mpsc.channel(t.str);
        ours.set(name as Name, { rx, tx });
        return [name, { rx: theirRx, tx: theirTx }];
      }),
    ) as Infer<typeof Mixed>;
    await conn.tx.send(theirs);
    const echoed: Record<string, string[]> = {};
    // The peer answers one channel after the other.
    for (const [name, { rx, tx }] of ours) {
      for (const text of TEXTS) await tx.send(text);
      tx.close();
      echoed[name] = [];
      for await (const text of rx) echoed[name].push(text);
    }
    return { echoed };
  });
}

/** Handles one request of `mixed`. */
export async function serveMixed(mixed: Infer<typeof Mixed>): Promise<void> {
  for (const name of Object.keys(CODECS) as Name[]) {
    const { rx, tx } = mixed[name];
    for await (const text of rx) await tx.send(text);
    tx.close();
  }
}
