import { Receiving } from "../channel/half.ts";
import type { PortRequest } from "../mux/inbox.ts";
import { receiveHalf } from "../plain/halves.ts";
import { type LiveReader, PlainReader } from "../plain/reader.ts";
import { Tag } from "../plain/tags.ts";
import type { Bytes } from "../util/pieces.ts";
import { Live } from "./protocol.ts";
import { reach } from "./referents.ts";
import type { Session } from "./session.ts";
import { streamKinds, streamOfHalf } from "./streams.ts";

/** Where mpsc halves stand among the kinds of halves; streams travel as one of them. */
const MPSC_SENDER = 0;
const MPSC_RECEIVER = 1;

/** Reads records one after the other, and the values in them. */
export class Incoming implements LiveReader {
  readonly reader: PlainReader;
  /** Signals that end with the call whose arguments these are. */
  signals: number[] | undefined;
  /** For the ports of the record; each is to be accepted or refused. */
  requests: readonly PortRequest[];
  readonly #session: Session;
  /** Other records follow. */
  #isReused = false;
  #receiving: Receiving | undefined;
  /** Results that the value refers to, all there. */
  #answers: ReadonlyMap<number, unknown> | undefined;

  /** With `receiving` the ports of the value are the caller's business. */
  constructor(session: Session, bytes: Bytes, requests: readonly PortRequest[], receiving?: Receiving) {
    this.#session = session;
    this.requests = requests;
    this.#receiving = receiving;
    this.reader = new PlainReader(bytes, this);
  }

  /** Goes on with the record that has the bytes from `from` to `to`, and with the requests for its ports. */
  restart(from: number, to: number, requests: readonly PortRequest[]): void {
    this.reader.restart(from, to);
    this.#isReused = true;
    this.requests = requests;
    this.signals = undefined;
    this.#receiving = undefined;
    this.#answers = undefined;
  }

  /** What reads the rest of this record, to be read when others were. */
  rest(): Incoming {
    return this.#isReused ? new Incoming(this.#session, this.reader.rest, this.requests) : this;
  }

  /** The value, with the halves in it. Throws `peer_decode`; all ports are answered. */
  value(): unknown {
    return this.#whole(() => this.decode());
  }

  /** The arguments of a call, which may refer to these results; as {@link value}. */
  args(answers?: ReadonlyMap<number, unknown>): unknown[] {
    this.#answers = answers;
    return this.#whole(() => this.reader.list());
  }

  /** The value; its ports are not answered. */
  decode(): unknown {
    return this.reader.value();
  }

  #whole<T>(read: () => T): T {
    try {
      const value = read();
      if (!this.reader.done) this.reader.fail("there is more than one value");
      if (this.#receiving !== undefined || this.requests.length > 0) this.#join().take(this.requests);
      if (this.#receiving?.isComplete === false) this.reader.fail("a half without a port");
      return value;
    } catch (error) {
      this.#receiving?.discard();
      this.refuse();
      throw error;
    }
  }

  #join(): Receiving {
    this.#receiving ??= new Receiving(this.#session.link);
    return this.#receiving;
  }

  /** The record will not be read. */
  refuse(): void {
    this.#session.link.mux.refuse(this.requests);
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
    if (live === Live.half && parts === 2) return receiveHalf(reader.index(), reader.value(), this.#join());
    if (live === Live.stream && parts === 2) return this.#stream(reader.index(), reader.value(), reader);
    return reader.fail(`unknown tag ${Tag.live + live} with ${parts} parts`);
  }

  #answer(question: number, path: unknown, reader: PlainReader): unknown {
    if (this.#answers?.has(question) !== true || !isPath(path)) reader.fail("a result that is not announced");
    return reach(this.#answers?.get(question), path);
  }

  #signal(id: number, aborted: unknown, reason: unknown): AbortSignal {
    if (aborted === true) return AbortSignal.abort(reason);
    const controller = new AbortController();
    this.signals ??= [];
    this.signals.push(id);
    this.#session.promises.expect(id).catch((error: unknown) => controller.abort(error));
    return controller.signal;
  }

  #stream(number: number, shape: unknown, reader: PlainReader): unknown {
    const kind = streamKinds[number] ?? reader.fail("an unknown kind of stream");
    const half = receiveHalf(kind === "writable" ? MPSC_SENDER : MPSC_RECEIVER, shape, this.#join());
    return streamOfHalf(kind, half);
  }
}

/** Whether a value from a peer is a path of names. */
function isPath(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}

/** Reads a path. Throws `peer_decode`. */
export function readPath(reader: PlainReader): string[] {
  const path = reader.list();
  return isPath(path) ? path : reader.fail("a member that is named by what is no path");
}

/** Reads numbers from 0 on. Throws `peer_decode`. */
export function readNumbers(reader: PlainReader): number[] {
  const values = reader.list();
  const areNumbers = values.every((id) => typeof id === "number" && Number.isSafeInteger(id) && id >= 0);
  return areNumbers ? (values as number[]) : reader.fail("expected numbers");
}
