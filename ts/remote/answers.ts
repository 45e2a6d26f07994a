import { CuttleError } from "../errors/error.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import type { Outstanding } from "../util/outstanding.ts";
import { TransientMap } from "../util/transient.ts";
import { type Incoming, readNumbers, readPath } from "./incoming.ts";
import { Kind, type Outcome } from "./protocol.ts";
import { invoke, reach } from "./referents.ts";
import type { Session } from "./session.ts";

interface Answer {
  /** The record with the call came; before that only others referred to it. */
  called: boolean;
  /** How the call ended, once it has. */
  outcome: Outcome | undefined;
  /** Made for who refers to the result before it is there. */
  result: Deferred<unknown> | undefined;
  /** Signals that end with the call. */
  signals: readonly number[] | undefined;
}

/** A call of the other side, as read so far: its arguments are read when what they refer to is there. */
interface Call {
  readonly question: number;
  readonly target: number;
  readonly path: readonly string[];
  readonly isCall: boolean;
  readonly incoming: Incoming;
}

/** Calls of the other side: those that run, and results that it may still refer to. */
export class Answers {
  readonly #session: Session;
  readonly #max: number;
  readonly #unanswered: Outstanding;
  readonly #open: TransientMap<number, Answer> = new TransientMap();
  /** Why no more calls are taken. */
  #closed: CuttleError | undefined;

  /** At most `max` are open; more are refused. Those that run are counted in `unanswered`. */
  constructor(session: Session, max: number, unanswered: Outstanding) {
    this.#session = session;
    this.#max = max;
    this.#unanswered = unanswered;
  }

  /** Refuses further calls; those that run go on. */
  close(reason: CuttleError): void {
    this.#closed = reason;
  }

  /** How many run or are kept. */
  get size(): number {
    return this.#open.size;
  }

  /** A call is coming over a port of its own; others may refer to it before. False when there are too many: it is refused. */
  expect(question: number): boolean {
    if (this.#open.has(question)) throw reused(question);
    const isAllowed = this.#open.size < this.#max;
    if (isAllowed) this.#open.set(question, unansweredYet(false));
    else this.#session.reply(question, { error: tooMany(this.#max) });
    return isAllowed;
  }

  /** Runs a call, at once when everything that it refers to is there. Throws `peer_protocol`, `peer_decode`. */
  handle(kind: number, incoming: Incoming): void {
    const { reader } = incoming;
    const refersTo = kind === Kind.callWith ? readNumbers(reader) : NOTHING;
    const question = reader.index();
    const target = reader.integer();
    const path = readPath(reader);
    const isCall = kind !== Kind.get;
    const answer = this.#begin(question);
    if (answer === undefined) {
      incoming.refuse();
      return this.#session.reply(question, { error: this.#closed ?? tooMany(this.#max) });
    }
    this.#unanswered.begin();
    const needed = target < 0 ? [-1 - target, ...refersTo] : refersTo;
    if (needed.length === 0) return this.#run({ question, target, path, isCall, incoming }, answer);
    const rest = incoming.rest();
    const call = { question, target, path, isCall, incoming: rest };
    Promise.all(needed.map((id) => this.#result(id))).then(
      (values) => this.#run(call, answer, new Map(needed.map((id, at) => [id, values[at]]))),
      (error: unknown) => {
        rest.refuse();
        this.#conclude(question, answer, { error });
      },
    );
  }

  /** A call that was announced does not come. */
  refuse(question: number, error: unknown): void {
    const answer = this.#open.get(question);
    if (answer === undefined || answer.called) return;
    this.#unanswered.begin();
    this.#conclude(question, answer, { error });
  }

  /** The other side refers to the result no more. */
  finish(question: number): void {
    this.#open.delete(question);
  }

  /** Lets go of everything; what still runs is answered to nobody. */
  clear(): void {
    this.#open.clear();
  }

  /** Undefined when there are too many, or no more are taken. */
  #begin(question: number): Answer | undefined {
    const expected = this.#open.get(question);
    if (expected?.called) throw reused(question);
    if (this.#closed !== undefined) return undefined;
    if (expected === undefined && this.#open.size >= this.#max) return undefined;
    const answer = expected ?? unansweredYet(true);
    answer.called = true;
    if (expected === undefined) this.#open.set(question, answer);
    return answer;
  }

  #result(question: number): Promise<unknown> {
    const answer = this.#open.get(question);
    if (answer === undefined) {
      return Promise.reject(new CuttleError("remote_rejected", `the result ${question} is not there, or not any more`));
    }
    answer.result ??= deferred();
    if (answer.outcome !== undefined) settle(answer.result, answer.outcome);
    return answer.result.promise;
  }

  #run(call: Call, answer: Answer, results?: ReadonlyMap<number, unknown>): void {
    const { question, incoming } = call;
    try {
      const result = this.#perform(call, results);
      answer.signals = incoming.signals;
      if (!isThenable(result)) return this.#conclude(question, answer, { value: result });
      result.then(
        (value) => this.#conclude(question, answer, { value }),
        (error: unknown) => this.#conclude(question, answer, { error }),
      );
    } catch (error) {
      answer.signals = incoming.signals;
      this.#conclude(question, answer, { error });
    }
  }

  #perform({ target, path, isCall, incoming }: Call, results: ReadonlyMap<number, unknown> | undefined): unknown {
    const args = isCall ? incoming.args(results) : undefined;
    const root = target < 0 ? results?.get(-1 - target) : this.#session.exports.get(target);
    return args === undefined ? reach(root, path) : invoke(reach(root, path.slice(0, -1)), path.at(-1), args);
  }

  #conclude(question: number, answer: Answer, outcome: Outcome): void {
    answer.outcome = outcome;
    if (answer.result !== undefined) settle(answer.result, outcome);
    if (answer.signals !== undefined) this.#session.promises.forget(answer.signals);
    this.#session.reply(question, outcome);
    this.#unanswered.end();
  }
}

function unansweredYet(called: boolean): Answer {
  return { called, outcome: undefined, result: undefined, signals: undefined };
}

function settle(result: Deferred<unknown>, outcome: Outcome): void {
  if ("value" in outcome) result.resolve(outcome.value);
  else result.reject(outcome.error);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  return typeof (value as { then?: unknown }).then === "function";
}

function reused(question: number): CuttleError {
  return new CuttleError("peer_protocol", `the other side asked question ${question} while it was open`);
}

function tooMany(max: number): CuttleError {
  return new CuttleError("remote_rejected", `${max} calls are running already; wait for some, or raise limits.calls`);
}

const NOTHING: readonly number[] = [];
