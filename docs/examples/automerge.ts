/** Documents of Automerge over one connection: its sync messages over mpsc channels. */

// #region readme
import * as A from "@automerge/automerge";
import { type Infer, mpsc, type RemoteFn, t } from "../../ts/index.ts";

/** The channels of one document between a server and a page. */
const Synced = t.struct("Synced", { toPage: t.mpsc.receiver(t.bytes), toServer: t.mpsc.sender(t.bytes) });
type Open = RemoteFn<[name: string], Infer<typeof Synced>>;

/** What the server provides: opens a document. */
export const OpenReplica = t.rfn([t.str], Synced);

/** A document, kept in step with any number of others. */
export class Replica<T extends object> {
  #doc: A.Doc<T> = A.init<T>();
  /** Each sends what the other side of a link does not have. */
  readonly #links = new Set<() => Promise<void>>();

  /** The document as it is now. */
  get doc(): A.Doc<T> {
    return this.#doc;
  }

  /** Changes it here, and then everywhere. */
  change(make: (doc: T) => void): void {
    this.#doc = A.change(this.#doc, make);
    this.#tell();
  }

  /** Keeps it in step with the other side until that ends. */
  async link(tx: mpsc.Sender<Uint8Array>, rx: mpsc.Receiver<Uint8Array>): Promise<void> {
    let state = A.initSyncState();
    let isSending = false;
    const send = async (): Promise<void> => {
      if (isSending) return; // changes that come meanwhile are in the next message
      isSending = true;
      for (;;) {
        const [next, message] = A.generateSyncMessage(this.#doc, state);
        state = next;
        if (message === null) break;
        await tx.send(message).catch(() => rx.drop());
      }
      isSending = false;
    };
    this.#links.add(send);
    void send();
    try {
      for await (const message of rx) {
        [this.#doc, state] = A.receiveSyncMessage(this.#doc, state, message);
        this.#tell();
      }
    } finally {
      this.#links.delete(send);
      tx.close();
    }
  }

  #tell(): void {
    for (const send of this.#links) void send();
  }
}

/** The server's documents; for `provide(OpenReplica, openIn(replicas), { to })`. */
export function openIn<T extends object>(
  replicas: Map<string, Replica<T>>,
): (name: string) => Promise<Infer<typeof Synced>> {
  return async (name) => {
    const replica = replicas.get(name) ?? new Replica<T>();
    replicas.set(name, replica);
    const [tx, toPage] = mpsc.channel(t.bytes);
    const [toServer, rx] = mpsc.channel(t.bytes);
    replica.link(tx, rx).catch(() => undefined); // the page has left
    return { toPage, toServer };
  };
}

/** In the page: keeps a document in step with the server, until the signal. Call it again after a loss. */
export async function keep<T extends object>(
  open: Open,
  name: string,
  replica: Replica<T>,
  signal: AbortSignal,
): Promise<void> {
  const { toPage, toServer } = await open(name);
  signal.addEventListener("abort", () => toPage.drop(), { once: true });
  await replica.link(toServer, toPage);
}
// #endregion
