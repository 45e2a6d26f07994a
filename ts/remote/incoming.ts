import type { Receiving } from "../channel/half.ts";
import { CuttleError } from "../errors/error.ts";
import type { PortRequest } from "../mux/inbox.ts";
import { receiveHalf } from "../plain/halves.ts";
import { type LiveReader, PlainReader } from "../plain/reader.ts";
import { Tag } from "../plain/tags.ts";
import { Live } from "./protocol.ts";
import { reach } from "./referents.ts";
import type { Session } from "./session.ts";
import { streamKinds, streamOfHalf } from "./streams.ts";

/** Where mpsc halves stand among the kinds of halves; streams travel as one of them. */
const MPSC_SENDER = 0;
const MPSC_RECEIVER = 1;

/** Reads one record and the value in it. */
export class Incoming implements LiveReader {
  readonly reader: PlainReader;
  /** Signals that ended with the call whose arguments these are. */
  readonly signals: number[] = [];
  readonly #session: Session;
  readonly #requests: readonly PortRequest[];
  readonly #receiving: Receiving;
  /** Results that the value refers to, all there. */
  #answers: ReadonlyMap<number, unknown> = new Map();

  constructor(session: Session, bytes: Uint8Array, receiving: Receiving, requests: readonly PortRequest[]) {
    this.#session = session;
    this.#requests = requests;
    this.#receiving = receiving;
    this.reader = new PlainReader(bytes, this);
  }

  /** The value, which refers to these results, with the halves in it. Throws `peer_decode`; all ports are answered. */
  value(answers: ReadonlyMap<number, unknown> = new Map()): unknown {
    try {
      const value = this.decode(answers);
      this.#receiving.take(this.#requests);
      if (this.#receiving.missing.length > 0) this.reader.fail("a channel half without a port");
      return value;
    } catch (error) {
      this.#receiving.discard();
      this.refuse();
      throw error;
    }
  }

  /** As {@link value}; the ports are the caller's business. */
  decode(answers: ReadonlyMap<number, unknown>): unknown {
    this.#answers = answers;
    const value = this.reader.fresh();
    if (!this.reader.done) this.reader.fail("there is more than one value");
    return value;
  }

  /** The record will not be read. */
  refuse(): void {
    this.#session.link.mux.refuse(this.#requests);
  }

  read(tag: number, reader: PlainReader): unknown {
    reader.descend();
    const parts = reader.beginArray();
    const value = this.#live(tag - Tag.live, parts, reader);
    reader.ascend();
    return value;
  }

  #live(live: number, parts: number, reader: PlainReader): unknown {
    if (live === Live.exported && parts === 1) return this.#session.stub(reader.index());
    if (live === Live.home && parts === 1) return this.#session.exports.get(reader.index());
    if (live === Live.promise && parts === 1) return this.#session.promises.expect(reader.index());
    if (live === Live.answer && parts === 2) return this.#answer(reader.index(), reader.value(), reader);
    if (live === Live.signal && parts === 3) return this.#signal(reader.index(), reader.value(), reader.value());
    if (live === Live.half && parts === 2) return receiveHalf(reader.index(), reader.value(), this.#receiving);
    if (live === Live.stream && parts === 2) return this.#stream(reader.index(), reader.value(), reader);
    return reader.fail(`unknown tag ${Tag.live + live} with ${parts} parts`);
  }

  #answer(question: number, path: unknown, reader: PlainReader): unknown {
    if (!this.#answers.has(question) || !isPath(path)) reader.fail("a result that does not belong to the call");
    return reach(this.#answers.get(question), path);
  }

  #signal(id: number, aborted: unknown, reason: unknown): AbortSignal {
    if (aborted === true) return AbortSignal.abort(reason);
    const controller = new AbortController();
    this.signals.push(id);
    this.#session.promises.expect(id).catch((error: unknown) => controller.abort(error));
    return controller.signal;
  }

  #stream(number: number, shape: unknown, reader: PlainReader): unknown {
    const kind = streamKinds[number] ?? reader.fail("an unknown kind of stream");
    const half = receiveHalf(kind === "writable" ? MPSC_SENDER : MPSC_RECEIVER, shape, this.#receiving);
    return streamOfHalf(kind, half);
  }
}

/** Whether a value from a peer is a path of names. */
export function isPath(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}

/** Reads a path. Throws `peer_decode`. */
export function readPath(reader: PlainReader): string[] {
  const path = reader.value();
  if (!isPath(path)) throw new CuttleError("peer_decode", "the other side names a member by what is no path");
  return path;
}

/** Reads numbers from 0 on. Throws `peer_decode`. */
export function readNumbers(reader: PlainReader): number[] {
  const value = reader.value();
  if (Array.isArray(value) && value.every((id) => Number.isSafeInteger(id) && id >= 0)) return value;
  return reader.fail("expected numbers");
}
