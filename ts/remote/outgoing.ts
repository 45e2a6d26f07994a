import { Embedding } from "../channel/half.ts";
import { written } from "../codec/codec.ts";
import { isGiven } from "../mux/outgoing.ts";
import type { Port } from "../mux/port.ts";
import { embedHalf } from "../plain/halves.ts";
import { Tag } from "../plain/tags.ts";
import { type LiveWriter, PlainWriter } from "../plain/writer.ts";
import type { Bytes } from "../util/pieces.ts";
import { isRemote } from "./mark.ts";
import { Live } from "./protocol.ts";
import type { Question } from "./questions.ts";
import { ImportReferent, QuestionReferent, reach } from "./referents.ts";
import type { Session } from "./session.ts";
import { halfOfStream, streamKinds } from "./streams.ts";
import { type Reference, referenceOf } from "./stub.ts";

/**
 * Writes the value of one record, and keeps what must happen when it is sent, or undone when it is not. One that has
 * nothing to keep may write another.
 */
export class Outgoing implements LiveWriter {
  /** Results that the value refers to. */
  refersTo: Set<Question> | undefined;
  /** Exports of the other side that the value refers to. */
  homes: number[] | undefined;
  /** What ends with the answer to the call that the value belongs to. */
  cleanups: (() => void)[] | undefined;
  readonly #session: Session;
  /** The value may name results that are not there yet: the other side reads it when they are. */
  #mayRefer = false;
  readonly #writer: PlainWriter;
  #embedding: Embedding | undefined;
  #exported: number[] | undefined;
  #starts: (() => void)[] | undefined;

  /** With `embedding` the ports of the value are the caller's business. */
  constructor(session: Session, embedding?: Embedding) {
    this.#session = session;
    this.#embedding = embedding;
    this.#writer = new PlainWriter(this, session.link.maxItemBytes);
    this.#writer.giveAway(embedding === undefined ? isGiven : embedding.gives);
  }

  /** Whether it keeps nothing: it may {@link restart} when its record was sent. */
  get keepsNothing(): boolean {
    return (
      (this.#embedding ?? this.#exported ?? this.#starts ?? this.refersTo ?? this.homes ?? this.cleanups) === undefined
    );
  }

  /** Begins another record. */
  restart(): void {
    this.#writer.restart();
  }

  get stacks(): boolean {
    return this.#session.stacks;
  }

  /** The ports that the value asks for. */
  get ports(): readonly Port[] {
    return this.#embedding?.ports ?? NO_PORTS;
  }

  /** The bytes of some numbers and a value. Throws what cannot be sent; then nothing has changed. */
  value(head: readonly number[], value: unknown): Bytes {
    this.#mayRefer = false;
    return this.#encode(head, undefined, value);
  }

  /** The bytes of some numbers, a path and arguments; as {@link value}. */
  call(head: readonly number[], path: readonly string[], args: readonly unknown[]): Bytes {
    this.#mayRefer = true;
    return this.#encode(head, path, args);
  }

  /** Behind a path comes a list, which is no container of its own. */
  #encode(head: readonly number[], path: readonly string[] | undefined, value: unknown): Bytes {
    const writer = this.#writer;
    try {
      return written(writer, () => {
        for (const number of head) writer.int(number);
        if (path !== undefined) writer.list(path);
        if (path !== undefined) writer.list(value as readonly unknown[]);
        else writer.any(value);
        return writer.takePieces();
      });
    } catch (error) {
      this.undo(error);
      throw error;
    }
  }

  /** The record will not be sent: nothing in it is used. */
  undo(error: unknown): void {
    this.#session.link.mux.abandon(this.ports, error);
    for (const id of this.#exported ?? []) this.#session.exports.release(id, 1);
    for (const cleanup of this.cleanups ?? []) cleanup();
  }

  /** The record is on its way. */
  sent(): void {
    for (const start of this.#starts ?? []) start();
  }

  isByReference(value: object): boolean {
    return isRemote(value) || Symbol.asyncIterator in value;
  }

  write(value: object, writer: PlainWriter): boolean {
    const reference = referenceOf(value);
    if (reference !== undefined && this.#reference(reference, writer)) return true;
    if (typeof value === "function" || isRemote(value)) {
      const id = this.#session.exports.add(value);
      this.#exported ??= [];
      this.#exported.push(id);
      this.#tag(writer, Live.exported, id);
      return true;
    }
    return this.#half(value, writer) || this.#later(value, writer) || this.#stream(value, writer);
  }

  /** A stub of this connection goes back to where it came from; one of another connection is an object as any. */
  #reference({ referent, path }: Reference, writer: PlainWriter): boolean {
    if (referent instanceof ImportReferent && referent.session === this.#session) {
      if (path.length > 0) return this.#result(this.#session.ask(referent, path), [], writer);
      this.homes ??= [];
      this.homes.push(referent.id);
      this.#tag(writer, Live.home, referent.id);
      return true;
    }
    if (!(referent instanceof QuestionReferent) || referent.session !== this.#session) return false;
    return this.#result(referent.question, path, writer);
  }

  /** The value of a result when it is there, else what stands for it. */
  #result(question: Question, path: readonly string[], writer: PlainWriter): boolean {
    const { outcome } = question;
    if (outcome !== undefined && "value" in outcome) writer.any(reach(outcome.value, path));
    else if (outcome !== undefined || !this.#mayRefer) {
      return this.#later(
        question.result.promise.then((value) => reach(value, path)),
        writer,
      );
    } else {
      this.refersTo ??= new Set();
      this.refersTo.add(question);
      this.#tag(writer, Live.answer, question.id, [...path]);
    }
    return true;
  }

  #half(value: object, writer: PlainWriter): boolean {
    const half = embedHalf(value, this.#embed());
    if (half === undefined) return false;
    writer.keeping(() => this.#tag(writer, Live.half, half.number, half.shape));
    return true;
  }

  /** What has a value later: promises and signals. */
  #later(value: object, writer: PlainWriter): boolean {
    if (typeof AbortSignal === "function" && value instanceof AbortSignal) {
      const id = this.#session.promises.nextId();
      this.#tag(writer, Live.signal, id, value.aborted, value.aborted ? value.reason : undefined);
      if (!value.aborted) this.#watchAbort(value, id);
      return true;
    }
    if (!(value instanceof Promise)) return false;
    const id = this.#session.promises.nextId();
    this.#tag(writer, Live.promise, id);
    this.#start(() => {
      value.then(
        (result) => this.#session.settle(id, { value: result }),
        (error) => this.#session.settle(id, { error }),
      );
    });
    return true;
  }

  #watchAbort(signal: AbortSignal, id: number): void {
    const onAbort = (): void => this.#session.settle(id, { error: signal.reason });
    signal.addEventListener("abort", onAbort, { once: true });
    this.cleanups ??= [];
    this.cleanups.push(() => signal.removeEventListener("abort", onAbort));
  }

  #stream(value: object, writer: PlainWriter): boolean {
    const stream = halfOfStream(value);
    if (stream === undefined) return false;
    const half = embedHalf(stream.half, this.#embed());
    this.#tag(writer, Live.stream, streamKinds.indexOf(stream.kind), half?.shape);
    this.#start(stream.start);
    return true;
  }

  #embed(): Embedding {
    const { link } = this.#session;
    this.#embedding ??= new Embedding(link, link.maxItemBytes);
    return this.#embedding;
  }

  #start(start: () => void): void {
    this.#starts ??= [];
    this.#starts.push(start);
  }

  #tag(writer: PlainWriter, live: number, ...parts: readonly unknown[]): void {
    writer.tag(Tag.live + live);
    writer.beginSeq(parts.length);
    for (const part of parts) writer.any(part);
  }
}

const NO_PORTS: readonly Port[] = [];
