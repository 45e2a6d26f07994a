import type { Embedding } from "../channel/half.ts";
import { embedHalf } from "../plain/halves.ts";
import { Tag } from "../plain/tags.ts";
import { type LiveWriter, PlainWriter } from "../plain/writer.ts";
import { isRemote } from "./mark.ts";
import { Live } from "./protocol.ts";
import type { Question } from "./questions.ts";
import { ImportReferent, QuestionReferent, reach } from "./referents.ts";
import type { Session } from "./session.ts";
import { halfOfStream, streamKinds } from "./streams.ts";
import { type Reference, referenceOf } from "./stub.ts";

/** Writes the value of one record, and keeps what must happen when it is sent, or undone when it is not. */
export class Outgoing implements LiveWriter {
  readonly stacks: boolean;
  readonly embedding: Embedding;
  /** Results that the value refers to. */
  readonly refersTo: Set<Question> = new Set();
  /** Exports of the other side that the value refers to. */
  readonly homes: number[] = [];
  /** What ends with the answer to the call that the value belongs to. */
  readonly cleanups: (() => void)[] = [];
  readonly #session: Session;
  readonly #mayRefer: boolean;
  readonly #exported: number[] = [];
  readonly #starts: (() => void)[] = [];

  /** With `mayRefer` the value may name results that are not there yet: the other side reads it when they are. */
  constructor(session: Session, embedding: Embedding, mayRefer: boolean) {
    this.#session = session;
    this.stacks = session.stacks;
    this.embedding = embedding;
    this.#mayRefer = mayRefer;
  }

  /** The bytes of a value. Throws what cannot be sent; then nothing has changed but the ports of the embedding. */
  encode(value: unknown): Uint8Array {
    const writer = new PlainWriter(this, this.embedding.maxBytes);
    try {
      writer.any(value);
      return writer.take();
    } catch (error) {
      for (const id of this.#exported) this.#session.exports.release(id, 1);
      for (const cleanup of this.cleanups) cleanup();
      throw error;
    } finally {
      writer.release();
    }
  }

  /** The record is on its way. */
  sent(): void {
    for (const start of this.#starts) start();
  }

  isByReference(value: object): boolean {
    return isRemote(value) || Symbol.asyncIterator in value;
  }

  write(value: object, writer: PlainWriter): boolean {
    const reference = referenceOf(value);
    if (reference !== undefined && this.#reference(reference, writer)) return true;
    if (typeof value === "function" || isRemote(value)) {
      const id = this.#session.exports.add(value);
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
      this.refersTo.add(question);
      this.#tag(writer, Live.answer, question.id, [...path]);
    }
    return true;
  }

  #half(value: object, writer: PlainWriter): boolean {
    const half = embedHalf(value, this.embedding);
    if (half === undefined) return false;
    this.#tag(writer, Live.half, half.number, half.shape);
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
    this.#starts.push(() => {
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
    this.cleanups.push(() => signal.removeEventListener("abort", onAbort));
  }

  #stream(value: object, writer: PlainWriter): boolean {
    const stream = halfOfStream(value);
    if (stream === undefined) return false;
    const half = embedHalf(stream.half, this.embedding);
    this.#tag(writer, Live.stream, streamKinds.indexOf(stream.kind), half?.shape);
    this.#starts.push(stream.start);
    return true;
  }

  #tag(writer: PlainWriter, live: number, ...parts: readonly unknown[]): void {
    writer.tag(Tag.live + live);
    writer.beginSeq(parts.length);
    for (const part of parts) writer.any(part);
  }
}
