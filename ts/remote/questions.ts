import type { CuttleError } from "../errors/error.ts";
import type { Clock } from "../util/clock.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { TransientMap } from "../util/transient.ts";
import type { Outcome } from "./protocol.ts";

/** A call of ours. Others may refer to its result before it is there. */
export interface Question {
  readonly id: number;
  readonly result: Deferred<unknown>;
  /** How the call ended, once it has. */
  outcome: Outcome | undefined;
  /** Calls that refer to it and are not answered, and one for itself until it is. At 0 the other side may forget it. */
  holders: number;
  /** Questions that its arguments refer to. */
  readonly refersTo: readonly Question[];
  /** Run when it is answered: what lived for this call only. */
  readonly cleanups: readonly (() => void)[];
}

/** Calls of ours that are not over. */
export class Questions {
  readonly #open: TransientMap<number, Question> = new TransientMap();
  readonly #clock: Clock;
  readonly #finish: (ids: readonly number[]) => void;
  /** Those whose results nothing refers to any more, of which the other side has not been told. */
  #finished: number[] = [];
  #cancelTimer: (() => void) | undefined;
  #next = 0;

  /** `finish` tells the other side that nothing refers to these results any more. */
  constructor(clock: Clock, finish: (ids: readonly number[]) => void) {
    this.#clock = clock;
    this.#finish = finish;
  }

  /** How many are not answered or still referred to. */
  get size(): number {
    return this.#open.size;
  }

  /** The number of a new one. */
  nextId(): number {
    return this.#next++;
  }

  /** A new one. */
  ask(id: number, refersTo: readonly Question[], cleanups: readonly (() => void)[] = []): Question {
    const question: Question = {
      id,
      result: deferred(),
      outcome: undefined,
      holders: 1,
      refersTo,
      cleanups,
    };
    for (const other of refersTo) other.holders += 1;
    this.#open.set(question.id, question);
    return question;
  }

  /** One that this side answers itself. */
  local(): Question {
    return { id: -1, result: deferred(), outcome: undefined, holders: 1, refersTo: [], cleanups: [] };
  }

  /** Settles a question that is not over. */
  conclude(question: Question, outcome: Outcome): void {
    question.outcome = outcome;
    if ("value" in outcome) question.result.resolve(outcome.value);
    else question.result.reject(outcome.error);
    for (const cleanup of question.cleanups) cleanup();
  }

  /** An answer came. An answer to what was never asked, or again, is of no interest. */
  settle(id: number, outcome: Outcome): void {
    const question = this.#open.get(id);
    if (question === undefined || question.outcome !== undefined) return;
    this.conclude(question, outcome);
    this.#let(question);
    for (const other of question.refersTo) this.#let(other);
  }

  /** Lets the other side forget the results that it may: in front of each call, so that it does not count them. */
  sayFinished(): void {
    if (this.#finished.length === 0) return;
    const ids = this.#finished;
    this.#finished = [];
    this.#finish(ids);
  }

  /** Everything that is not answered fails. */
  fail(error: CuttleError): void {
    this.#cancelTimer?.();
    for (const question of this.#open.values()) {
      if (question.outcome === undefined) this.conclude(question, { error });
    }
    this.#open.clear();
  }

  #let(question: Question): void {
    question.holders -= 1;
    if (question.holders > 0 || !this.#open.delete(question.id)) return;
    this.#finished.push(question.id);
    this.#cancelTimer ??= this.#clock.timer(FINISH_MS, () => {
      this.#cancelTimer = undefined;
      this.sayFinished();
    });
  }
}

/** Calls mostly follow each other, and the next one takes along that the last one is over. */
const FINISH_MS = 100;
