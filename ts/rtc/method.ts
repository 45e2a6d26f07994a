import { CuttleError } from "../errors/error.ts";
import type { Descriptor, Infer } from "../schema/descriptor.ts";
import type { Fields } from "../schema/structs.ts";
import { callError } from "./call-error.ts";
import type { ClientControl } from "./client.ts";
import type { CONTROL } from "./control.ts";
import type { Pending } from "./pending.ts";

/** How a method takes its target in Rust; part of the protocol. */
export type Kind = "self" | "&self" | "&mut self";

/** What {@link method} can say about a method beside its types. */
export interface MethodOptions {
  /** The name in Rust when it is not the key in the service. */
  name?: string;
  /** The name of its request on the wire, `#[serde(rename = "...")]` on the method; remoc 0.20 only. */
  variant?: string;
  /** Runs on when the caller gives up, `#[no_cancel]`: its signal never aborts. */
  noCancel?: boolean;
  /**
   * Of a method that returns a client: servers of remoc 0.20 take calls of that client before they have made it,
   * `#[pipelinable]`. Without this such calls wait for the client; see `PendingClient`.
   */
  pipelinable?: boolean;
}

/** A method of a service: what it takes and what comes of it. */
export interface Method<A extends Fields = Fields, T = unknown, E = unknown> {
  readonly kind: Kind;
  readonly args: A;
  readonly result: Descriptor<T>;
  readonly error: Descriptor<E>;
  readonly options: MethodOptions;
}

/**
 * A method of a {@link service}: `async fn increase(&mut self, by: u32) -> Result<(), IncreaseError>` is
 * `t.method("&mut self", { by: t.u32 }, t.unit, IncreaseError)`. Arguments stand in the order of the Rust declaration
 * under their Rust names; `t.field` renames one. Without an error type it is remoc's `CallError`.
 */
export function method<const A extends Fields, T>(
  kind: Kind,
  args: A,
  result: Descriptor<T>,
  error?: undefined,
  options?: MethodOptions,
): Method<A, T, CuttleError>;
export function method<const A extends Fields, T, E>(
  kind: Kind,
  args: A,
  result: Descriptor<T>,
  error: Descriptor<E>,
  options?: MethodOptions,
): Method<A, T, E>;
export function method(
  kind: Kind,
  args: Fields,
  result: Descriptor,
  error?: Descriptor,
  options: MethodOptions = {},
): AnyMethod {
  if (kind !== "self" && kind !== "&self" && kind !== "&mut self") {
    throw new CuttleError("local_misuse", `t.method() begins with "self", "&self" or "&mut self", not ${String(kind)}`);
  }
  return Object.freeze({ kind, args, result, error: error ?? (callError as Descriptor), options });
}

/** Any method. */
export type AnyMethod = Method<Fields, unknown, unknown>;

/** The arguments as an implementation gets them. */
export type Args<M> = M extends Method<infer A, unknown, unknown> ? { -readonly [K in keyof A]: Infer<A[K]> } : never;

/** The arguments as a caller gives them: those that may be null may be left out, and clients need not be there yet. */
export type GivenArgs<M> =
  M extends Method<infer A, unknown, unknown>
    ? { [K in keyof A as null extends Infer<A[K]> ? never : K]: Given<Infer<A[K]>> } & {
        [K in keyof A as null extends Infer<A[K]> ? K : never]?: Given<Infer<A[K]>> | undefined;
      }
    : never;

type Given<T> = T extends { readonly [CONTROL]: ClientControl<infer M> } ? T | Pending<M> : T;

/** What a method returns. */
export type Result<M> = M extends Method<Fields, infer T, unknown> ? T : never;

/** What a method returns as its error. */
export type Failure<M> = M extends Method<Fields, unknown, infer E> ? E : never;
