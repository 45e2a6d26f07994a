import type { Codec, DecodeContext, EncodeContext } from "../codec/codec.ts";
import { CuttleError } from "../errors/error.ts";
import type { PortRequest } from "../mux/inbox.ts";
import type { Mux } from "../mux/mux.ts";
import { isGiven } from "../mux/outgoing.ts";
import type { Port } from "../mux/port.ts";
import type { Descriptor, Infer, TransportedDescriptor } from "../schema/descriptor.ts";
import type { Dialect } from "../schema/dialect.ts";
import { asyncDispose } from "../util/dispose.ts";
import type { Bytes } from "../util/pieces.ts";
import { dialectOf } from "./dialect.ts";
import type { Encodings } from "./shared.ts";

/** What channels of one connection share. */
export interface Link {
  readonly mux: Mux;
  /** Writes the items of channels inside values, as it writes the values. */
  readonly codec: Codec;
  /** Limit for one received item of a channel that came inside a value. */
  readonly maxItemBytes: number;
}

/** Options of the descriptor of a half. */
export interface HalfOptions {
  /** Writes and reads the items of the channel; default the codec of the value that the half is in. Both sides need it. */
  codec?: Codec;
}

/** The link of a channel with options of its own. */
export function linkWith(link: Link, { codec }: HalfOptions): Link {
  return codec === undefined ? link : { mux: link.mux, codec, maxItemBytes: link.maxItemBytes };
}

/** How a kind of half goes into a value and comes out of one; stands in the `options` of its descriptor. */
export interface HalfCodec<S extends Descriptor> {
  /**
   * Turns a half of this program into its wire shape. Throws when it cannot be sent; then nothing has changed. When
   * the value is not sent after all, the reserved port fails with `data.unsent` and the half is usable again.
   */
  embed(half: unknown, embedding: Embedding): Infer<S>;
  /** Makes the half that the peer sent. */
  receive(plain: Infer<S>, receiving: Receiving): unknown;
}

/** Collects the halves inside one value that is being sent. */
export class Embedding implements EncodeContext {
  readonly link: Link;
  readonly maxBytes: number;
  readonly dialect: Dialect;
  readonly gives: EncodeContext["gives"];
  /** To be requested behind the value, in serialization order. */
  readonly ports: Port[] = [];

  /** `gives` as in {@link EncodeContext}. */
  constructor(link: Link, maxBytes: number, gives?: EncodeContext["gives"]) {
    this.link = link;
    this.maxBytes = maxBytes;
    this.gives = gives;
    this.dialect = dialectOf(link.mux);
  }

  /** @internal */
  transport(descriptor: TransportedDescriptor, value: unknown): unknown {
    return (descriptor.options as HalfCodec<Descriptor>).embed(value, this);
  }

  /** A port that the value asks for. */
  reserve(): Port {
    const port = this.link.mux.reserve();
    this.ports.push(port);
    return port;
  }
}

/** Collects the halves inside one value that was received. */
export class Receiving implements DecodeContext {
  readonly link: Link;
  readonly dialect: Dialect;
  /** By the number of their port; made for the first one, as most values have none. */
  #expected: Map<number, (port: Port) => void> | undefined;
  #halves: unknown[] | undefined;
  /** Values may hold views of the bytes. */
  readonly ownsBytes: boolean;

  constructor(link: Link, ownsBytes = false) {
    this.link = link;
    this.ownsBytes = ownsBytes;
    this.dialect = dialectOf(link.mux);
  }

  /** @internal */
  receive(descriptor: TransportedDescriptor, plain: unknown): unknown {
    const half = (descriptor.options as HalfCodec<Descriptor>).receive(plain, this);
    this.#halves ??= [];
    this.#halves.push(half);
    return half;
  }

  /** The value will not be delivered: lets go of the halves in it, some of which may be connected. */
  discard(): void {
    for (const half of this.#halves ?? []) void (half as Partial<AsyncDisposable>)[asyncDispose]?.();
  }

  /** The half with this id works once its port is there: then `join` is called, before the value is delivered. */
  expect(id: number, join: (port: Port) => void): void {
    this.#expected ??= new Map();
    if (this.#expected.has(id)) {
      throw new CuttleError("peer_decode", `the peer sent a value in which two channel halves have the same id ${id}`);
    }
    this.#expected.set(id, join);
  }

  /** As {@link expect}, for a half that needs several ports: `join` gets them in the order of `ids`. */
  expectAll(ids: readonly [number, ...number[]], join: (ports: [Port, ...Port[]]) => void): void {
    const ports: Port[] = [];
    let missing = ids.length;
    for (const [at, id] of ids.entries()) {
      this.expect(id, (port) => {
        ports[at] = port;
        missing -= 1;
        if (missing === 0) join(ports as [Port, ...Port[]]);
      });
    }
  }

  /** Whether all ports have come. */
  get isComplete(): boolean {
    return this.#expected === undefined || this.#expected.size === 0;
  }

  /** Ids of ports that have not come. */
  get missing(): number[] {
    return [...(this.#expected?.keys() ?? [])];
  }

  /** Accepts what was expected and refuses the rest. Throws `local_limit` when there are too many ports. */
  take(requests: readonly PortRequest[]): void {
    if (requests.length === 0) return;
    const unknown: PortRequest[] = [];
    for (const [at, request] of requests.entries()) {
      const join = this.#expected?.get(request.id);
      if (join === undefined) {
        unknown.push(request);
        continue;
      }
      this.#expected?.delete(request.id);
      try {
        join(this.link.mux.accept(request));
      } catch (error) {
        this.link.mux.refuse([...unknown, ...requests.slice(at + 1)]);
        throw error;
      }
    }
    this.link.mux.refuse(unknown);
  }
}

/** Throws when `half` is none of this kind. */
export function assertHalf<T>(half: unknown, kind: abstract new (...args: never[]) => T, name: string): T {
  if (half instanceof kind) return half;
  throw new CuttleError("local_encode", `expected a ${name}, made by a channel() function of cuttle`);
}

/** To whom a value goes. */
export interface EmbedOptions {
  /** Of a value that others are sent, too. */
  readonly encodings?: Encodings | undefined;
  /** It is kept after it was sent. */
  readonly isKept?: boolean | undefined;
}

/**
 * Encodes a value with the halves in it, unless `encodings` has it already; large byte arrays are lent, not copied, and
 * those that were given away are moved when nobody else needs the value. Throws what the codec throws; then all halves
 * are as before.
 */
export function embed<T>(
  link: Link,
  descriptor: Descriptor<T>,
  value: T,
  maxBytes: number,
  { encodings, isKept }: EmbedOptions = {},
): { bytes: Bytes; ports: readonly Port[] } {
  const isShared = isKept === true || encodings !== undefined;
  const embedding = new Embedding(link, maxBytes, isShared ? undefined : isGiven);
  const { codec } = link;
  const writing = { codec, descriptor, dialect: embedding.dialect };
  const known = encodings?.find(writing, maxBytes);
  if (known !== undefined) return { bytes: known, ports: [] };
  try {
    const bytes = codec.encodePieces?.(descriptor, value, embedding) ?? codec.encode(descriptor, value, embedding);
    // Ports belong to one connection.
    if (embedding.ports.length === 0) encodings?.add(writing, bytes);
    return { bytes, ports: embedding.ports };
  } catch (error) {
    link.mux.abandon(embedding.ports, error);
    throw error;
  }
}
