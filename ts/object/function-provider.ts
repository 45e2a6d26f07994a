import type * as mpsc from "../channel/mpsc.ts";
import type * as oneshot from "../channel/oneshot.ts";
import { CuttleError } from "../errors/error.ts";
import { declaredError } from "../rtc/declared-error.ts";
import { discard } from "../rtc/discard.ts";
import { Turns } from "../rtc/turns.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { Complaints } from "../util/complaints.ts";

/** remoc's three kinds of functions. On the wire nothing tells them apart. */
export type Kind = "RFn" | "RFnMut" | "RFnOnce";

/** A call on its way. */
export interface FunctionRequest {
  /** All arguments as one tuple; null when there are none. */
  readonly argument: readonly unknown[] | null;
  readonly result_tx: oneshot.Sender<unknown>;
  readonly tracing: unknown;
}

/** What a descriptor of functions says. */
export interface FunctionType {
  readonly kind: Kind;
  readonly args: readonly Descriptor[];
  readonly request: Descriptor<FunctionRequest>;
  /** What comes back, with the error in it. */
  readonly result: Descriptor;
  readonly error: Descriptor | undefined;
}

type AnyFunction = (...args: readonly unknown[]) => Promise<unknown>;

/** remoc's default. */
const DEFAULT_MAX_CONCURRENCY = 32;

/** Keeps functions of this program callable for peers; `functions.provide` gives one to its owner. */
export class FunctionProvider {
  readonly #maxConcurrency: number;
  readonly #receivers: Set<mpsc.Receiver<FunctionRequest> | oneshot.Receiver<FunctionRequest>> = new Set();
  #onIdle: (() => void)[] = [];
  #isRevoked = false;
  readonly #complaints = new Complaints();

  /** At most `maxConcurrency` calls of an `RFn` run at once; more wait with their callers. */
  constructor(maxConcurrency: number = DEFAULT_MAX_CONCURRENCY) {
    if (!(maxConcurrency >= 1)) {
      throw new CuttleError("local_misuse", `maxConcurrency must be 1 or more, got ${maxConcurrency}`);
    }
    this.#maxConcurrency = maxConcurrency;
  }

  /** How many peers' functions can still be called. */
  get count(): number {
    return this.#receivers.size;
  }

  /** Resolves when no peer can call the function any more: all have let go, or it was revoked. */
  async done(): Promise<void> {
    if (this.#receivers.size > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** Takes the function back: calls under way go on, everything else gets `remote_closed` or `remote_failed`. */
  revoke(): void {
    this.#isRevoked = true;
    for (const receiver of this.#receivers) receiver.close();
  }

  /** @internal Serves calls until all callers have gone. */
  serve(fn: AnyFunction, type: FunctionType, receiver: mpsc.Receiver<FunctionRequest>): void {
    const turns = new Turns(type.kind === "RFnMut" ? 1 : this.#maxConcurrency);
    void this.#while(receiver, async () => {
      for (;;) {
        await turns.shared();
        const request = await this.#next(receiver);
        if (request === undefined) return;
        void this.#run(fn, type, request).finally(() => turns.leave());
      }
    });
  }

  /** @internal Serves one call. */
  serveOnce(fn: AnyFunction, type: FunctionType, receiver: oneshot.Receiver<FunctionRequest>): void {
    void this.#while(receiver, async () => {
      const request = await receiver.recv().catch(() => undefined);
      if (request !== undefined) await this.#run(fn, type, request);
    });
  }

  async #while(
    receiver: mpsc.Receiver<FunctionRequest> | oneshot.Receiver<FunctionRequest>,
    work: () => Promise<void>,
  ): Promise<void> {
    this.#receivers.add(receiver);
    if (this.#isRevoked) receiver.close();
    await work();
    receiver.drop();
    this.#receivers.delete(receiver);
    if (this.#receivers.size === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** The next call that can be read. Others are refused: their callers are told. */
  async #next(receiver: mpsc.Receiver<FunctionRequest>): Promise<FunctionRequest | undefined> {
    for (;;) {
      try {
        return await receiver.recv();
      } catch (error) {
        if (CuttleError.is(error, "local_half_used")) return undefined;
      }
    }
  }

  /** Never rejects. */
  async #run(fn: AnyFunction, { error: errorType }: FunctionType, request: FunctionRequest): Promise<void> {
    const { argument, result_tx } = request;
    if (this.#isRevoked) return result_tx.close();
    let reply: unknown;
    try {
      const value = await fn(...(argument ?? []));
      reply = errorType === undefined ? value : { Ok: value };
      await result_tx.send(reply);
    } catch (error) {
      const declared = reply === undefined && errorType !== undefined ? declaredError(error, errorType) : undefined;
      if (declared !== undefined) await result_tx.send({ Err: declared.value }).catch(() => undefined);
      else if (!CuttleError.is(error, "remote_closed"))
        this.#complaints.write("a function that a peer called failed:", error);
      discard(reply);
    }
    result_tx.close();
  }
}
