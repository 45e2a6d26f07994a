import { isDisconnected } from "../errors/classify.ts";
import { CuttleError } from "../errors/error.ts";
import { type Clock, systemClock } from "../util/clock.ts";
import { nextTask } from "../util/task.ts";
import type { ResumePoint } from "./publisher.ts";
import { notMovable, type Range } from "./range.ts";
import type { Steps } from "./steps.ts";
import type { Resume } from "./wire.ts";

/** Options of a mirror; `S` is the kind of subscription. */
export interface MirrorOptions<S> {
  /** More entries than this are not taken: the mirror fails with `local_limit` before it grows. */
  maxSize: number;
  /**
   * Called when the mirror lags behind or loses its source, with the reason; resolves with a new subscription of the same
   * source, and the mirror goes on with that, or with undefined, and it fails with the reason. Until then the content
   * stays; it is then replaced in one step. By default the mirror fails at once.
   */
  resubscribe?: (
    reason: CuttleError,
    /** For `subscribe({ since })` at the source; undefined when the source remembers nothing. */
    since: ResumePoint | undefined,
  ) => Promise<S | undefined> | S | undefined;
  /** Tells how long this thread has been kept from other work; the platform's by default. */
  clock?: Pick<Clock, "now">;
}

/** A subscription, as a mirror sees it: `E` its events, `I` items of its content. */
export interface Followed<E, I> {
  readonly isIncremental: boolean;
  /** Items of an incremental content that have not come. */
  readonly remaining: number;
  /** Where it begins, when the source remembers what happens. */
  readonly resume?: Resume | undefined;
  /** Items of a content that came with the subscription. */
  readonly initialSize: number;
  /** That content; undefined when it is incremental. */
  takeInitial(): Iterable<I> | undefined;
  recv(): Promise<E | undefined>;
  /**
   * Adds what is here to `events` until it `isEnough`, but steps of the source whole. Throws why there will be no more;
   * what was added before counts.
   */
  takeNow(events: E[], isEnough: () => boolean): void;
  /** How many events the source left out of those that were taken since the last call. */
  takeSkipped?(): bigint;
  /** Of a part that can be moved: where it is with what was taken. */
  readonly range?: Range | undefined;
  move?(range: Range): Promise<void>;
  /** The next item of an incremental content, undefined when it is complete. */
  recvInitial(): Promise<{ readonly item: I } | undefined>;
  drop(): void;
}

/** The mirror that is kept up to date. */
export interface Target<E, I> {
  readonly steps: Steps<E>;
  /** Makes what an event says. */
  apply(event: E): void;
  /** Throws `local_limit` or `peer_decode` when the event may not be applied; nothing has changed then. */
  check(event: E, maxSize: number): void;
  /** Puts these items in place of all. */
  replaceAll(items: readonly I[]): void;
  /** Of a list, which only grows: where it is, also before its content is complete. */
  position?(): bigint;
}

/** With so many events at hand no more are taken in one turn of the event loop; they are a fraction of a frame's time. */
const MAX_EVENTS_IN_STEP = 1_024;

/** Nor after so long, where events are large or the machine is slow: to apply them takes about as long as to read them. */
const MAX_READ_MS = 4;

/** Keeps a mirror up to date with a subscription, until the end. */
export class Follower<E, I, S extends Followed<E, I>> {
  readonly #target: Target<E, I>;
  readonly #options: MirrorOptions<S>;
  readonly #clock: Pick<Clock, "now">;
  #subscription: S;
  /** Where the mirror is, when its source remembers what happens. */
  #point: { source: string; position: bigint } | undefined;
  /** The application wants no more. */
  #isStopped = false;
  /** Where a part that can be moved is. */
  range: Range | undefined;

  /** Loads what came with the subscription, and follows it. */
  constructor(target: Target<E, I>, subscription: S, options: MirrorOptions<S>) {
    this.#target = target;
    this.#subscription = subscription;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#point = pointOf(subscription);
    this.range = subscription.range;
    const { steps } = target;
    steps.isComplete = false;
    try {
      if (!(options.maxSize >= 0)) {
        throw new CuttleError("local_misuse", `maxSize must be 0 or more, got ${options.maxSize}`);
      }
      if (subscription.resume?.resumed === true) {
        throw new CuttleError("local_misuse", "a subscription made with `since` belongs to the mirror that was there");
      }
      const content = this.#taken();
      if (content !== undefined) target.replaceAll(content);
      if (!subscription.isIncremental) steps.isComplete = true;
      steps.version = 0;
    } catch (error) {
      this.#end(error as CuttleError);
      return;
    }
    void this.#run();
  }

  /** Where the mirror is; undefined when its source remembers nothing, and, but of a list, before its content is complete. */
  get resumePoint(): ResumePoint | undefined {
    if (this.#point === undefined) return undefined;
    const { source, position } = this.#point;
    const { position: itself, steps } = this.#target;
    if (itself !== undefined) return { source, position: itself() };
    return steps.isComplete ? { source, position } : undefined;
  }

  /** Asks for another range. */
  async move(range: Range): Promise<void> {
    const { steps } = this.#target;
    if (steps.error !== undefined) throw steps.error;
    if (this.#subscription.move === undefined) throw notMovable();
    await this.#subscription.move(range);
  }

  /** Follows no more; the content stays. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const { isDone, error } = this.#target.steps;
    this.#subscription.drop();
    if (!isDone && error === undefined) this.#end(new CuttleError("local_closed", "this mirror was dropped here"));
  }

  async #run(): Promise<void> {
    // A page compiles the code that follows now: not in the turn in which it compiles what connects and makes a mirror.
    await new Promise<void>(nextTask);
    let reason = this.#isStopped ? undefined : await this.#follow();
    while (reason !== undefined && !this.#isStopped) {
      const next = await this.#again(reason);
      if (next === undefined) return this.#end(reason);
      this.#subscription = next;
      if (this.#isStopped) return next.drop();
      reason = (await this.#restart()) ?? (await this.#follow());
    }
  }

  /** Applies events until `Done`; resolves with why there are no more before. */
  async #follow(): Promise<CuttleError | undefined> {
    const { steps } = this.#target;
    try {
      while (!steps.isDone) {
        const event = await this.#subscription.recv();
        if (event === undefined) return undefined;
        const { events, range, error } = await this.#together(event);
        if (this.#isStopped) return undefined;
        steps.transaction(() => {
          this.range = range;
          for (const one of events) this.#apply(one);
          if (this.#point !== undefined) this.#point.position += this.#subscription.takeSkipped?.() ?? 0n;
        });
        if (error !== undefined) return error;
      }
    } catch (error) {
      return CuttleError.from(error);
    }
    return undefined;
  }

  /**
   * An event and those that come with it: what one flush of the source brought arrives one by one, but without a pause.
   * With it the error that came in place of another one.
   */
  async #together(first: E): Promise<{ events: E[]; range: Range | undefined; error?: CuttleError }> {
    const events = [first];
    let before = 0;
    let { range } = this.#subscription;
    while (before < events.length && events.length < MAX_EVENTS_IN_STEP) {
      before = events.length;
      await new Promise<void>(nextTask);
      const end = this.#clock.now() + MAX_READ_MS;
      try {
        this.#subscription.takeNow(events, () => events.length >= MAX_EVENTS_IN_STEP || this.#clock.now() >= end);
      } catch (error) {
        return { events, range, error: CuttleError.from(error) };
      }
      range = this.#subscription.range;
    }
    return { events, range };
  }

  #apply(event: E): void {
    const { steps } = this.#target;
    if (event === ("Done" as E)) return steps.done();
    if (event === ("InitialComplete" as E)) {
      if (steps.isComplete) return;
      steps.isComplete = true;
      return steps.add(event);
    }
    if (steps.isComplete && this.#point !== undefined) this.#point.position += 1n;
    this.#target.check(event, this.#options.maxSize);
    this.#target.apply(event);
  }

  /** A new subscription, if the application gives one. */
  async #again(reason: CuttleError): Promise<S | undefined> {
    this.#subscription.drop();
    const isLost = CuttleError.is(reason, "local_lagged", "remote_closed", "remote_failed") || isDisconnected(reason);
    if (!isLost) return undefined;
    try {
      return await this.#options.resubscribe?.(reason, this.resumePoint);
    } catch {
      return undefined;
    }
  }

  /** Puts the content of a new subscription in place of the old one, as one step. */
  async #restart(): Promise<CuttleError | undefined> {
    const { steps } = this.#target;
    try {
      const { resume } = this.#subscription;
      if (resume?.resumed === true) return this.#resume(resume);
      const items = this.#taken() ?? (await this.#gather());
      // Not before: the connection may be lost again while only the old content is here.
      this.range = this.#subscription.range;
      this.#point = pointOf(this.#subscription);
      this.#target.replaceAll(items);
      steps.isComplete = true;
    } catch (error) {
      return CuttleError.from(error);
    }
    return undefined;
  }

  /** Goes on from where the mirror is. */
  #resume({ position, source }: Resume): CuttleError | undefined {
    this.#subscription.takeInitial();
    const here = this.resumePoint;
    if (here?.source === source && here.position === position) return undefined;
    return new CuttleError("peer_decode", "the source goes on from somewhere else than where this mirror is");
  }

  /** Content that came with the subscription; undefined when it is still to come. */
  #taken(): readonly I[] | undefined {
    const subscription = this.#subscription;
    const size = subscription.isIncremental ? subscription.remaining : subscription.initialSize;
    if (size > this.#options.maxSize) throw tooLarge(this.#options.maxSize);
    const content = subscription.takeInitial();
    return content === undefined ? undefined : [...content];
  }

  /** All items of an incremental subscription. */
  async #gather(): Promise<I[]> {
    const subscription = this.#subscription;
    const items: I[] = [];
    for (;;) {
      const got = await subscription.recvInitial();
      if (got === undefined) return items;
      items.push(got.item);
      if (items.length % MAX_EVENTS_IN_STEP === 0) await new Promise<void>(nextTask);
    }
  }

  #end(error: CuttleError): void {
    const { steps } = this.#target;
    this.#subscription.drop();
    steps.error ??= error;
    steps.touchState();
    steps.publisher.close();
  }
}

function pointOf({
  resume,
}: {
  readonly resume?: Resume | undefined;
}): { source: string; position: bigint } | undefined {
  return resume === undefined ? undefined : { source: resume.source, position: resume.position };
}

/** Of a source with more entries than the mirror may have. */
export function tooLarge(maxSize: number): CuttleError {
  return new CuttleError(
    "local_limit",
    `the collection at the source has more than the ${maxSize} entries that this mirror may have; raise its maxSize`,
    { data: { kind: "MaxSizeExceeded", maxSize } },
  );
}

/** Of an event for a place that does not exist. */
export function noSuchPlace(index: number, length: number): CuttleError {
  return new CuttleError(
    "peer_decode",
    `the source changes place ${index} of a collection that has ${length} items here`,
    { data: { kind: "InvalidIndex", index } },
  );
}
