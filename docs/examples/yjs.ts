/** Documents of Yjs over one connection, with awareness. */

// #region readme
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness";
import * as Y from "yjs";
import { type Infer, io, isDisconnected, mpsc, type RemoteFn, t, watch } from "../../ts/index.ts";

/** A document that a server shares with one page. */
const Shared = t.struct("Shared", {
  missing: t.io.receiver, // what the page does not have yet, as one update of any size
  vector: t.bytes, // what the server has
  updates: t.mpsc.receiver(t.bytes), // changes of others
  edits: t.mpsc.sender(t.bytes), // changes of the page
  present: t.watch.receiver(t.bytes), // who is there, as the server knows
  presence: t.watch.sender(t.bytes), // that the page is there
});
type Open = RemoteFn<[name: string, clientId: number, vector: Uint8Array], Infer<typeof Shared>>;

/** What the server provides: opens a document for a page that has what the state vector says. */
export const OpenDocument = t.rfn([t.str, t.u32, t.bytes], Shared);

/** The server's documents. */
export class Documents {
  readonly #open = new Map<string, { doc: Y.Doc; awareness: Awareness; present: watch.Sender<Uint8Array> }>();

  /** A document by its name; made when nobody has asked for it before. */
  get(name: string): { doc: Y.Doc; awareness: Awareness; present: watch.Sender<Uint8Array> } {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const doc = new Y.Doc();
    const awareness = new Awareness(doc);
    awareness.setLocalState(null);
    const [present, unused] = watch.channel(t.bytes, new Uint8Array());
    unused.drop();
    awareness.on("update", () => present.sendReplace(encodeAwarenessUpdate(awareness, [...awareness.meta.keys()])));
    const made = { doc, awareness, present };
    this.#open.set(name, made);
    return made;
  }

  /** For `provide(OpenDocument, documents.open, { to })`. */
  readonly open = async (name: string, clientId: number, vector: Uint8Array): Promise<Infer<typeof Shared>> => {
    const { doc, awareness, present } = this.get(name);
    const update = Y.encodeStateAsUpdate(doc, vector);
    const [missingTx, missing] = io.sized(update.length);
    const [updatesTx, updates] = mpsc.channel(t.bytes);
    const [edits, editsRx] = mpsc.channel(t.bytes);
    const [presence, presenceRx] = watch.channel(t.bytes, new Uint8Array());
    const sending = missingTx.send(update).then(() => missingTx.close());
    void orGone(Promise.all([sending, join(doc, updatesTx, editsRx), follow(awareness, presenceRx)])).finally(() =>
      removeAwarenessStates(awareness, [clientId], "left"),
    );
    return { missing, vector: Y.encodeStateVector(doc), updates, edits, present: present.subscribe(), presence };
  };
}

/** In the page: keeps a document and its awareness in step with the server, until the signal. Call it again after a loss. */
export async function share(open: Open, name: string, awareness: Awareness, signal: AbortSignal): Promise<void> {
  const { doc } = awareness;
  const { missing, vector, updates, edits, present, presence } = await open(
    name,
    doc.clientID,
    Y.encodeStateVector(doc),
  );
  const onAwareness = (_: unknown, origin: unknown): void => {
    if (origin === "local") presence.sendReplace(encodeAwarenessUpdate(awareness, [doc.clientID]));
  };
  awareness.on("update", onAwareness);
  signal.addEventListener("abort", () => [missing, updates, present].map((rx) => rx.drop()), { once: true });
  awareness.setLocalState(awareness.getLocalState()); // as news, also for a server that took this page for gone
  const joined = join(doc, edits, updates, Y.encodeStateAsUpdate(doc, vector));
  try {
    const first = missing.readAll().then((update) => Y.applyUpdate(doc, update, updates));
    await orGone(Promise.all([first, joined, follow(awareness, present)]));
  } finally {
    awareness.off("update", onAwareness);
    presence.close();
  }
}

/** Sends the changes of a document and makes those that come. While the other side is slow, changes become one. */
async function join(
  doc: Y.Doc,
  tx: mpsc.Sender<Uint8Array>,
  rx: mpsc.Receiver<Uint8Array>,
  first?: Uint8Array,
): Promise<void> {
  let waiting = first;
  let isSending = false;
  const send = async (): Promise<void> => {
    if (isSending) return;
    isSending = true;
    for (let update = waiting; update !== undefined; update = waiting) {
      waiting = undefined;
      await tx.send(update).catch(() => rx.drop());
    }
    isSending = false;
  };
  const onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin === rx) return;
    waiting = waiting === undefined ? update : Y.mergeUpdates([waiting, update]);
    void send();
  };
  doc.on("update", onUpdate);
  void send();
  try {
    for await (const update of rx) Y.applyUpdate(doc, update, rx);
  } finally {
    doc.off("update", onUpdate);
    tx.close();
  }
}

/** Makes known who is there. */
async function follow(awareness: Awareness, rx: watch.Receiver<Uint8Array>): Promise<void> {
  for await (const states of rx) if (states.length > 0) applyAwarenessUpdate(awareness, states, rx);
}

/** A lost connection ends the sharing, as a page that leaves does. */
async function orGone(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isDisconnected(error)) throw error;
  });
}
// #endregion
