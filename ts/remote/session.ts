/** One connection on which two sides of cuttle exchange plain objects. PROTOCOL.md section 14. */

import type { Link } from "../channel/half.ts";
import { CuttleError } from "../errors/error.ts";
import type { PortRequest } from "../mux/inbox.ts";
import type { Mux } from "../mux/mux.ts";
import type { Port } from "../mux/port.ts";
import { PlainWriter } from "../plain/writer.ts";
import { deferred } from "../util/deferred.ts";
import { warnDeveloper } from "../util/development.ts";
import { Outstanding } from "../util/outstanding.ts";
import { type Bytes, Pieces } from "../util/pieces.ts";
import { Answers } from "./answers.ts";
import { Exports } from "./exports.ts";
import { Imports } from "./imports.ts";
import { Incoming, readNumbers } from "./incoming.ts";
import { Lane, type ReceivedMessage } from "./lane.ts";
import { Outgoing } from "./outgoing.ts";
import { plainCodec } from "./plain-codec.ts";
import { Promises } from "./promises.ts";
import { GREETING, Kind, LARGE_BYTES, type Outcome, targetOfQuestion } from "./protocol.ts";
import { type Question, Questions } from "./questions.ts";
import { ImportReferent, QuestionReferent } from "./referents.ts";
import { makeStub } from "./stub.ts";

/** What a session may use. */
export interface SessionOptions {
  /** Limit for one record, in bytes. */
  readonly maxItemBytes: number;
  /** Calls of the other side that may run at once, and promises of its that may be pending. */
  readonly maxCalls: number;
  /** Errors take their stacks along. */
  readonly stacks: boolean;
  /** What this side provides, if anything. */
  readonly root?: unknown;
}

/** A record with a value: what it is, and all of its bytes. */
interface ValueRecord {
  readonly kind: number;
  readonly id: number;
  readonly bytes: Bytes;
}

/** A record that comes over a port of its own: what it is, and the exports that it refers to. */
interface Large {
  readonly port: number;
  readonly kind: number;
  readonly id: number;
  readonly homes: readonly number[];
}

/** The calls and references of one connection, both directions. */
export class Session {
  readonly link: Link;
  readonly stacks: boolean;
  readonly exports: Exports = new Exports();
  readonly promises: Promises;
  readonly #lane: Lane;
  readonly #imports: Imports;
  readonly #questions: Questions;
  readonly #answers: Answers;
  readonly #close: () => Promise<void>;
  readonly #greeted = deferred<void>();
  /** Calls of the other side that run, and replies that have not left. */
  readonly #unanswered = new Outstanding();
  /** Wrote a record and keeps nothing of it. */
  #idle: Outgoing | undefined;
  #error: CuttleError | undefined;
  #warned = false;

  /** Greets the other side. `close` ends the connection. */
  constructor(
    mux: Mux,
    ports: { outgoing: Port; incoming: Port },
    options: SessionOptions,
    close: () => Promise<void>,
  ) {
    const { maxItemBytes, maxCalls, stacks, root } = options;
    this.#close = close;
    this.stacks = stacks;
    this.promises = new Promises(maxCalls);
    this.link = { mux, codec: plainCodec(this), maxItemBytes };
    this.#lane = new Lane(mux, ports, maxItemBytes, this.#unanswered);
    this.#imports = new Imports(
      (id, count) => this.#say(Kind.release, [id, count]),
      () => this.#warn(),
    );
    this.#questions = new Questions(mux.clock, (ids) => this.#say(Kind.finish, ids));
    this.#answers = new Answers(this, maxCalls, this.#unanswered);
    if (root !== undefined) this.exports.provide(root);
    this.#sayBytes(encodeBare([GREETING]), [], false);
    void this.#run();
  }

  /** Resolves when the other side greeted; rejects with `peer_incompatible`, or with the connection's end. */
  get greeted(): Promise<void> {
    return this.#greeted.promise;
  }

  /** What is held because of the other side, and what it holds because of us. */
  get counts(): { exports: number; imports: number; questions: number; answers: number; promises: number } {
    return {
      exports: this.exports.size,
      imports: this.#imports.size,
      questions: this.#questions.size,
      answers: this.#answers.size,
      promises: this.promises.size,
    };
  }

  /** The stub of an export of the other side that came in a value. */
  stub(id: number): object {
    return this.#imports.take(id, () => makeStub(new ImportReferent(this, id)));
  }

  /** The first object ends the connection; others are only let go. */
  dropImport(id: number): void | Promise<void> {
    if (id === 0) return this.#close();
    this.#imports.drop(id);
  }

  /** Calls a member of an export of the other side. */
  call(target: number, path: readonly string[], args: readonly unknown[]): object {
    return this.#call(target, NONE, path, args);
  }

  /** Calls a member of a result that is not there yet: both calls leave together. */
  callResult(question: Question, path: readonly string[], args: readonly unknown[]): object {
    return this.#call(targetOfQuestion(question.id), [question], path, args);
  }

  /** Reads a member. */
  ask(referent: ImportReferent | QuestionReferent, path: readonly string[]): Question {
    const isImport = referent instanceof ImportReferent;
    const target = isImport ? referent.id : targetOfQuestion(referent.question.id);
    const question = this.#questions.ask(this.#questions.nextId(), isImport ? NONE : [referent.question]);
    if (this.#error !== undefined) this.#questions.settle(question.id, { error: this.#error });
    this.#questions.sayFinished();
    this.#say(Kind.get, [question.id, target, path]);
    return question;
  }

  /** What a function here gives, as if it had been asked. */
  local(run: () => Promise<unknown>): object {
    const question = this.#questions.local();
    run().then(
      (value) => this.#questions.conclude(question, { value }),
      (error: unknown) => this.#questions.conclude(question, { error }),
    );
    return makeStub(new QuestionReferent(this, question));
  }

  /** A promise or signal that was sent settled. */
  settle(id: number, outcome: Outcome): void {
    if (this.#error === undefined) this.#sayOutcome(Kind.settle, id, outcome);
  }

  /** A call of the other side ended. */
  reply(question: number, outcome: Outcome): void {
    if (this.#error !== undefined) return;
    if ("value" in outcome) this.#sayOutcome(Kind.returned, question, outcome);
    else this.#sayOutcome(Kind.threw, question, outcome);
  }

  /** Refuses further calls of the other side; resolves when the answers of those that run have left. */
  async drain(reason: CuttleError): Promise<void> {
    this.#answers.close(reason);
    await this.#unanswered.none();
  }

  /** Nothing is asked any more; what was said still goes out. */
  end(error: CuttleError): void {
    if (this.#error !== undefined) return;
    this.#lane.close();
    this.#fail(error);
  }

  #call(target: number, on: readonly Question[], path: readonly string[], args: readonly unknown[]): object {
    if (this.#error !== undefined) return this.#failed(this.#error);
    const outgoing = this.#outgoing();
    const id = this.#questions.nextId();
    let bytes: Bytes;
    try {
      bytes = outgoing.call([Kind.call, id, target], path, args);
    } catch (error) {
      return this.#failed(error);
    }
    const { refersTo } = outgoing;
    const question = this.#questions.ask(id, refersTo === undefined ? on : [...on, ...refersTo], outgoing.cleanups);
    if (refersTo !== undefined) {
      const referred = encodeBare([Kind.callWith, [...refersTo].map((other) => other.id)]);
      // Behind the kind it is the same.
      bytes = bytes instanceof Pieces ? bytes.behind(referred) : joined(referred, bytes.subarray(1));
    }
    this.#questions.sayFinished();
    this.#sayValue(Kind.call, id, bytes, outgoing);
    return makeStub(new QuestionReferent(this, question));
  }

  #failed(error: unknown): object {
    return this.local(() => Promise.reject(error));
  }

  /** A record of numbers and a path. */
  #say(kind: number, parts: readonly unknown[]): void {
    if (this.#error === undefined) this.#sayBytes(encodeBare([kind, ...parts]), [], false);
  }

  /** A record with a value or, when that cannot be sent, the reason. */
  #sayOutcome(kind: number, id: number, outcome: Outcome): void {
    const failed = "error" in outcome;
    const head = kind === Kind.settle ? [kind, id, failed ? 1 : 0] : [kind, id];
    const outgoing = this.#outgoing();
    let bytes: Bytes;
    try {
      bytes = outgoing.value(head, failed ? outcome.error : outcome.value);
    } catch (error) {
      // A value that cannot be sent becomes the reason, a reason that cannot be sent words, for which there is no limit.
      if (!failed) return this.#sayOutcome(kind === Kind.settle ? kind : Kind.threw, id, { error });
      return this.#sayBytes(encodeBare([...head, new Error(describe(outcome.error))]), [], true);
    }
    this.#sayValue(kind, id, bytes, outgoing);
  }

  #sayValue(kind: number, id: number, bytes: Bytes, outgoing: Outgoing): void {
    if (bytes instanceof Pieces || bytes.length > LARGE_BYTES) return this.#sayLarge({ kind, id, bytes }, outgoing);
    this.#sayBytes(bytes, outgoing.ports, kind !== Kind.call);
    outgoing.sent();
    if (outgoing.keepsNothing) this.#idle = outgoing;
  }

  #outgoing(): Outgoing {
    const outgoing = this.#idle;
    if (outgoing === undefined) return new Outgoing(this);
    this.#idle = undefined;
    outgoing.restart();
    return outgoing;
  }

  #sayBytes(bytes: Uint8Array, ports: readonly Port[], isReply: boolean): void {
    this.#lane.say({ bytes, ports, isReply });
  }

  /** A large record over a port of its own; the lane only says which. */
  #sayLarge({ kind, id, bytes }: ValueRecord, outgoing: Outgoing): void {
    const { ports, homes = [] } = outgoing;
    let port: Port;
    try {
      port = this.link.mux.reserve();
    } catch (error) {
      // All ports are in use: only this value fails.
      outgoing.undo(error);
      if (kind === Kind.call) this.#questions.settle(id, { error });
      else this.#sayOutcome(kind === Kind.settle ? kind : Kind.threw, id, { error });
      return;
    }
    const announced = encodeBare([Kind.large, port.number, kind, id, homes]);
    this.#lane.say({ bytes: announced, ports: [port], isReply: false });
    this.#unanswered.begin();
    const given = (): void => {
      port.finish();
      this.#unanswered.end();
    };
    port.send(bytes, ports).then(given, given);
    outgoing.sent();
  }

  async #run(): Promise<void> {
    try {
      let message = await this.#greeting();
      for (; message !== undefined; message = await this.#lane.receive()) {
        const incoming = new Incoming(this, message.bytes, []);
        for (const { from, to, requests } of message.records) {
          incoming.restart(from, to, requests);
          this.#handle(incoming);
        }
      }
      this.#fail(new CuttleError("remote_closed", "the other side ended the exchange of objects"));
    } catch (error) {
      const failure = CuttleError.from(error);
      if (CuttleError.is(failure, "peer_incompatible", "peer_protocol", "peer_decode", "bug")) {
        this.link.mux.fail(failure);
      }
      this.#fail(failure);
    }
  }

  /** What came with the greeting; whatever else comes first is of a side that does something else. */
  async #greeting(): Promise<ReceivedMessage | undefined> {
    const message = await this.#lane.receive().catch((error: unknown) => {
      throw CuttleError.is(error, "peer_protocol") ? incompatible() : error;
    });
    if (message === undefined) return undefined;
    const { bytes } = message;
    const [first, ...records] = message.records;
    const expected = encodeBare([GREETING]);
    if (first === undefined || first.to - first.from !== expected.length) throw incompatible();
    if (!expected.every((byte, at) => byte === bytes[first.from + at])) throw incompatible();
    this.#greeted.resolve();
    return { bytes, records };
  }

  #handle(incoming: Incoming): void {
    const { reader } = incoming;
    const kind = reader.index();
    switch (kind) {
      case Kind.call:
      case Kind.callWith:
      case Kind.get:
        return this.#answers.handle(kind, incoming);
      case Kind.returned:
      case Kind.threw:
        return this.#questions.settle(reader.index(), outcomeOf(incoming, kind === Kind.threw));
      case Kind.settle:
        return this.promises.settle(reader.index(), outcomeOf(incoming, reader.index() === 1));
      case Kind.release:
        while (!reader.done) this.exports.release(reader.index(), reader.index());
        return;
      case Kind.finish:
        while (!reader.done) this.#answers.finish(reader.index());
        return;
      case Kind.large:
        return this.#handleLarge(
          { port: reader.index(), kind: reader.index(), id: reader.index(), homes: readNumbers(reader) },
          incoming.requests,
        );
      default:
        throw new CuttleError("peer_protocol", `the other side sent a record of the unknown kind ${kind}`);
    }
  }

  /** The record comes later; what it refers to must not go before. */
  #handleLarge(large: Large, requests: readonly PortRequest[]): void {
    const { mux } = this.link;
    const [request, ...others] = requests;
    if (request === undefined || others.length > 0 || request.id !== large.port) {
      throw new CuttleError("peer_protocol", "the other side announced a large value without its port");
    }
    if (large.kind === Kind.call && !this.#answers.expect(large.id)) return mux.refuse([request]);
    let port: Port;
    try {
      port = mux.accept(request);
    } catch (error) {
      // All ports are in use, and the other side has been told.
      return this.#missLarge(large, error);
    }
    for (const id of large.homes) this.exports.retain(id);
    port.finishSend();
    port.maxMessageBytes = this.link.maxItemBytes;
    void this.#receiveLarge(port, large);
  }

  async #receiveLarge(port: Port, large: Large): Promise<void> {
    try {
      const message = await port.receive();
      if (message?.kind !== "bytes") throw tooLarge(message?.kind === "too-large" ? message.sizeBytes : undefined);
      const next = await port.receive();
      this.#handle(new Incoming(this, message.bytes, next?.kind === "ports" ? next.requests : []));
      // Of no effect, unless what came is something else.
      if (large.kind === Kind.call) this.#answers.refuse(large.id, tooLarge(undefined));
    } catch (error) {
      this.#missLarge(large, error);
    } finally {
      port.finishReceive();
      for (const id of large.homes) this.exports.release(id, 1);
    }
  }

  /** A large record did not come or could not be read: only what it belongs to fails. */
  #missLarge({ kind, id }: Large, error: unknown): void {
    if (kind === Kind.call) this.#answers.refuse(id, error);
    else if (kind === Kind.settle) this.promises.settle(id, { error });
    else this.#questions.settle(id, { error });
  }

  #fail(error: CuttleError): void {
    this.#error ??= error;
    this.#greeted.reject(error);
    this.#questions.fail(error);
    this.promises.fail(error);
    this.#answers.clear();
    this.exports.clear();
    this.#imports.clear();
  }

  /** Once for each connection, and only where a developer looks. */
  #warn(): void {
    if (this.#warned) return;
    this.#warned = warnDeveloper(
      "cuttle: a remote object was garbage collected and not disposed of; use `using` or Symbol.dispose",
    );
  }
}

const NONE: readonly Question[] = [];

/** The value that says how something ended; one that cannot be read is an error. */
function outcomeOf(incoming: Incoming, failed: boolean): Outcome {
  try {
    const value = incoming.value();
    return failed ? { error: value } : { value };
  } catch (error) {
    return { error };
  }
}

function incompatible(): CuttleError {
  return new CuttleError(
    "peer_incompatible",
    "the other side does not exchange plain objects: it sends values that need a descriptor, or speaks another " +
      "version. Give consume() and provide() the same descriptor or contract on both sides, or none on both",
  );
}

function tooLarge(sizeBytes: number | undefined): CuttleError {
  if (sizeBytes === undefined) return new CuttleError("peer_protocol", "a large value was announced and did not come");
  return new CuttleError(
    "peer_item_too_large",
    `a value of ${sizeBytes} bytes is larger than limits.itemBytes allows`,
    {
      data: { sizeBytes },
    },
  );
}

/** A thrown value that cannot be sent, in words. */
function describe(error: unknown): string {
  try {
    return String(error).slice(0, 200);
  } catch {
    return "an error that cannot be shown";
  }
}

const bare = { stacks: false, isByReference: () => false, write: () => false };

/** Values that stand side by side, with nothing live in them. */
function encodeBare(values: readonly unknown[]): Uint8Array {
  const writer = new PlainWriter(bare, Number.POSITIVE_INFINITY);
  try {
    for (const value of values) writer.any(value);
    return writer.take();
  } finally {
    writer.release();
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
