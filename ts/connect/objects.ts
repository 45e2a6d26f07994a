import { CuttleError } from "../errors/error.ts";
import type { CloseInfo, Mux, MuxStats, PeerSettings } from "../mux/mux.ts";
import { ImportReferent, QuestionReferent } from "../remote/referents.ts";
import { Session } from "../remote/session.ts";
import { referenceOf } from "../remote/stub.ts";
import type { Remote } from "../remote/types.ts";
import type { Transport } from "../transport/transport.ts";
import { asyncDispose } from "../util/dispose.ts";
import { establish } from "./connect.ts";
import { itemBytes, type LinkOptions } from "./options.ts";

/** Options of plain objects on a connection. */
export interface ObjectOptions extends LinkOptions {
  /**
   * Errors that are thrown here take their stacks along to the other side; default false. For development, or where the
   * other side may know the files of this program, as a worker of one's own.
   */
  stacks?: boolean;
}

const DEFAULT_MAX_CALLS = 16_384;

/** A connection on which the two sides use each other's plain objects. */
export class ObjectConnection {
  readonly #mux: Mux;
  readonly #session: Session;

  /** @internal Use `provide` and `consume`. */
  constructor(mux: Mux, session: Session) {
    this.#mux = mux;
    this.#session = session;
    connections.set(session, this);
  }

  /** What the other side announced. */
  get peer(): PeerSettings {
    return this.#mux.peer;
  }

  /** Resolves when the connection ended in an orderly way, on either side; rejects with why it failed. */
  get closed(): Promise<CloseInfo> {
    return this.#mux.closed;
  }

  /**
   * What carries the connection, what it has done so far, and what the sides hold of each other: objects of this side
   * that the other one may use, the reverse, calls and promises that are not over.
   */
  stats(): MuxStats & { transport: string; objects: Session["counts"] } {
    return { transport: this.#mux.transportKind, ...this.#mux.stats(), objects: this.#session.counts };
  }

  /**
   * Ends the connection when the calls of the other side that run here have been answered; it is not waited for longer
   * than the connection lasts. Further calls of the other side reject with `remote_rejected`. Never rejects.
   */
  async drain(): Promise<void> {
    const answered = this.#session.drain(new CuttleError("remote_rejected", "the other side takes no more calls"));
    // How it ended is told by `closed`.
    await Promise.race([answered, this.#mux.closed.catch(() => undefined)]);
    await this.close();
  }

  /** Ends the connection; everything pending rejects with `local_closed`. Never rejects. */
  async close(): Promise<void> {
    this.#session.end(new CuttleError("local_closed", "the connection was closed on this side"));
    await this.#mux.close();
  }

  /** As {@link close}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    await this.close();
  }
}

const connections: WeakMap<Session, ObjectConnection> = /* @__PURE__ */ new WeakMap();

/** The connection over which a remote object came. Throws `local_misuse` for anything else. */
export function connectionOf(stub: unknown): ObjectConnection {
  const referent = typeof stub === "function" ? referenceOf(stub)?.referent : undefined;
  const isOurs = referent instanceof ImportReferent || referent instanceof QuestionReferent;
  const connection = isOurs ? connections.get(referent.session) : undefined;
  if (connection === undefined) throw new CuttleError("local_misuse", "connectionOf() needs a remote object");
  return connection;
}

/** Lets the other side use an object, over a transport that was not started. */
export async function provideObjectOver(
  transport: Transport,
  root: object,
  options: ObjectOptions,
): Promise<ObjectConnection> {
  return (await exchange(transport, options, root)).connection;
}

/** The other side's object, over a transport that was not started. */
export async function consumeObjectOver<T>(transport: Transport, options: ObjectOptions): Promise<Remote<T>> {
  return (await provideAndConsume<T>(transport, undefined, options)).remote;
}

/** Both at once: lets the other side use `root`, and gives what the other side provides. */
export async function provideAndConsume<T>(
  transport: Transport,
  root: object | undefined,
  options: ObjectOptions,
): Promise<{ remote: Remote<T>; connection: ObjectConnection }> {
  const { session, connection } = await exchange(transport, options, root);
  try {
    await session.greeted;
  } catch (error) {
    await connection.close();
    throw error;
  }
  return { remote: session.stub(0) as Remote<T>, connection };
}

async function exchange(
  transport: Transport,
  options: ObjectOptions,
  root?: object,
): Promise<{ session: Session; connection: ObjectConnection }> {
  const { mux, outgoing, incoming } = await establish(transport, options);
  const session: Session = new Session(
    mux,
    { outgoing, incoming },
    {
      maxItemBytes: itemBytes(options),
      maxCalls: options.limits?.calls ?? DEFAULT_MAX_CALLS,
      stacks: options.stacks ?? false,
      root,
    },
    () => connections.get(session)?.close() ?? Promise.resolve(),
  );
  return { session, connection: new ObjectConnection(mux, session) };
}
