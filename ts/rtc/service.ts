import * as mpsc from "../channel/mpsc.ts";
import * as oneshot from "../channel/oneshot.ts";
import { ownedResult } from "../channel/shapes.ts";
import { CuttleError } from "../errors/error.ts";
import type { Descriptor, FieldDescriptor, Shape, TransportedDescriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { numberedEnum } from "../schema/numbered.ts";
import type { AnyMethod, Kind } from "./method.ts";
import { requests } from "./requests-type.ts";
import { REPLY, type Reply, type Responder, responder } from "./responder.ts";

/** The methods of a service by their names, in the order of declaration in Rust. */
export type Methods = Readonly<Record<string, AnyMethod>>;

/** A remote trait: what its clients can call, and what its implementations have. */
export interface Service<M extends Methods = Methods> {
  /** The name of the trait, for messages. */
  readonly name: string;
  readonly methods: M;
  /** Whether clients can be cloned: no method takes `self`, and none `&mut self` unless the trait says `clone`. */
  readonly isCloneable: boolean;
  /** @internal */
  readonly wire: ServiceWire;
}

/** What {@link service} can say about a trait. */
export interface ServiceOptions {
  /** `#[rtc::remote(clone)]`: clients can be cloned although methods take `&mut self`. */
  clone?: boolean;
}

/** How the requests of a service look. */
export interface ServiceWire {
  /** By the keys in the service; a Map, so that a name never meets a prototype. */
  readonly methods: ReadonlyMap<string, MethodWire>;
  /** Items of the request channel. */
  readonly request: Descriptor<WireRequest>;
  /** The method of a request that was received. */
  find(request: WireRequest): { readonly method: MethodWire; readonly fields: WireFields };
}

/** One method of it. */
export interface MethodWire {
  readonly key: string;
  readonly method: AnyMethod;
  /** The names of the request: outer variant, inner variant. */
  readonly group: Group;
  readonly variant: string;
  /** Items of the reply channel. */
  readonly reply: Descriptor<Reply>;
  /** The same where the client that is returned is on the other side already. */
  readonly bareReply: Descriptor<Reply>;
}

/** The outer variants of a request. */
export type Group = "Value" | "Ref" | "RefMut";

/** The fields of a request: the arguments by their keys, and where the reply goes. */
export type WireFields = Readonly<Record<string, unknown>> & { readonly __reply_tx: Responder };

/** A request on the wire, below what channels add; or that it comes on a channel of its own. */
export type WireRequest = { readonly [G in Group]?: { readonly [variant: string]: WireFields } } & {
  readonly Apart?: oneshot.Receiver<WireRequest>;
};

const GROUPS: Readonly<Record<Kind, Group>> = { self: "Value", "&self": "Ref", "&mut self": "RefMut" };

/**
 * Declares a remote trait, as `#[remoc::rtc::remote]` does in Rust. The order of methods and arguments is that of the
 * Rust declaration; codecs without names depend on it. Throws `local_misuse` for a declaration that cannot work.
 */
export function service<const M extends Methods>(name: string, methods: M, options: ServiceOptions = {}): Service<M> {
  const all = Object.entries(methods).map(([key, one]) => methodWire(name, key, one));
  const kinds = new Set(all.map(({ method }) => method.kind));
  const isCloneable = !kinds.has("self") && (!kinds.has("&mut self") || options.clone === true);
  if (options.clone === true && kinds.has("self")) {
    throw misuse(`service ${name}: clients cannot be cloned when a method takes self`);
  }
  return Object.freeze({ name, methods: Object.freeze({ ...methods }), isCloneable, wire: serviceWire(name, all) });
}

/** Whether a value was made by {@link service}. */
export function isService(value: unknown): value is Service {
  if (typeof value !== "object" || value === null || !Object.isFrozen(value)) return false;
  return (value as Partial<Service>).wire?.methods instanceof Map;
}

/** What stands in the `options` of a descriptor of clients. */
export interface ClientTypeOptions {
  readonly service: Service;
}

/** The service whose clients a descriptor describes, when it describes clients. */
export function serviceOf(type: Descriptor): Service | undefined {
  let shape = type as Shape;
  while (shape.kind === "lazy") shape = shape.resolve() as Shape;
  if (shape.kind !== "transported") return undefined;
  const options = (shape as TransportedDescriptor).options as Partial<ClientTypeOptions> | undefined;
  return options?.service;
}

/** The channel for the requests of a service. */
export function requestChannel(
  service: Service,
  options: mpsc.ChannelOptions,
): [mpsc.Sender<WireRequest>, mpsc.Receiver<WireRequest>] {
  return mpsc.channel(service.wire.request, options);
}

/** remoc's rule for the name of a request: without underscores, what follows one in upper case. */
export function pascal(name: string): string {
  const joined = name.replace(/_+(.)?/gsu, (_all, next: string | undefined) => next?.toUpperCase() ?? "");
  return joined.slice(0, 1).toUpperCase() + joined.slice(1);
}

function methodWire(service: string, key: string, method: AnyMethod): MethodWire {
  const where = `method ${key} of service ${service}`;
  if (key === "then") {
    throw misuse(`${where}: an object with "then" is taken for a promise. Give it another key, and { name: "then" }`);
  }
  if (GROUPS[method?.kind] === undefined) throw misuse(`${where} needs a t.method(...), not ${String(method)}`);
  if (Object.hasOwn(method.args, REPLY)) throw misuse(`${where}: no argument can have the name ${REPLY}`);
  const { name = key, variant = pascal(name) } = method.options;
  if (variant === NUMBERED_REPLY) throw misuse(`${where}: no method can have the name ${NUMBERED_REPLY}`);
  const [reply, bareReply] = [method.result, t.unit].map((result) => ownedResult(result, method.error));
  return { key, method, group: GROUPS[method.kind], variant, reply, bareReply } as MethodWire;
}

function serviceWire(name: string, all: readonly MethodWire[]): ServiceWire {
  const variantsOf = (group: Group): Record<string, Descriptor> => {
    const variants: Record<string, Descriptor> = Object.create(null);
    for (const one of all) {
      if (one.group !== group) continue;
      if (one.variant in variants) throw misuse(`service ${name}: two methods have the request ${one.variant}`);
      variants[one.variant] = requestType(one);
    }
    return variants;
  };
  const groups = { Value: variantsOf("Value"), Ref: variantsOf("Ref"), RefMut: variantsOf("RefMut") };
  const variants = {
    Value: t.newtype(t.enum(`${name}ReqValue`, groups.Value)),
    Ref: t.newtype(t.enum(`${name}ReqRef`, groups.Ref)),
    RefMut: t.newtype(t.enum(`${name}ReqRefMut`, groups.RefMut)),
    Apart: t.field(APART, t.newtype(oneshot.receiver(t.lazy((): Descriptor => request)))),
  };
  const request: Descriptor = numberedEnum(`${name}Req`, variants, { Apart: APART });
  const byRequest = new Map(all.map((one) => [`${one.group}.${one.variant}`, one]));
  return Object.freeze({
    methods: new Map(all.map((one) => [one.key, one])),
    request: request as Descriptor<WireRequest>,
    find(wire: WireRequest) {
      const [group, inner] = Object.entries(wire)[0] as [string, Readonly<Record<string, WireFields>>];
      const [variant, fields] = Object.entries(inner)[0] as [string, WireFields];
      return { method: byRequest.get(`${group}.${variant}`) as MethodWire, fields };
    },
  });
}

/** The reply channel first, then the arguments. */
function requestType({ method, variant }: MethodWire): Descriptor {
  const { result, error, options } = method;
  const target = responder({
    result,
    error,
    pipelinable: options.pipelinable === true,
    // Not earlier: the declaration of the service that is returned may stand further down.
    requests() {
      const returned = serviceOf(result);
      return returned && requests(returned);
    },
  });
  const names = [variant, ...Object.entries(method.args).map(([key, type]) => wireNameOf(key, type))];
  const isNumbered = names.some((name) => NUMBERED.test(name));
  if (names.includes(NUMBERED_REPLY))
    throw misuse(`request ${variant}: no argument can have the name ${NUMBERED_REPLY}`);
  return t.struct(variant, { [REPLY]: isNumbered ? t.field(NUMBERED_REPLY, target) : target, ...method.args });
}

function wireNameOf(key: string, type: Descriptor): string {
  return type?.kind === "field" ? ((type as FieldDescriptor).wireName ?? key) : key;
}

/** What no Rust program has; see `apart.ts`. */
const APART = "cuttle";

/** The name of the reply channel when the method or an argument is numbered: remoc 0.20's rule. */
const NUMBERED_REPLY = "_59";
const NUMBERED = /^_([1-5]?[0-9])$/;

function misuse(message: string): CuttleError {
  return new CuttleError("local_misuse", message);
}
