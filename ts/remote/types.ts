import type { Movable } from "../channel/ends.ts";
import type * as io from "../channel/io.ts";
import type { ByReference } from "./mark.ts";

/** What goes over as it is. */
type ByValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Date
  | RegExp
  | Error
  | ArrayBuffer
  | ArrayBufferView
  | AbortSignal
  | ReadableStream
  | WritableStream
  | Movable
  | io.Sender
  | io.Receiver;

/** Says in a type error why something has no counterpart on the other side. */
export interface CannotBeSent<Why extends string> {
  readonly "~cannot be sent": Why;
}

// biome-ignore lint/suspicious/noExplicitAny: only `any` matches every function.
type AnyFunction = (...args: any[]) => unknown;

/**
 * The other side's view of an object of type `T`: methods give promises, members are read by awaiting them, functions
 * and objects by reference in results are remote in turn. Private members are not there. Dispose of it to let it go.
 */
export type Remote<T> = RemoteMembers<T> &
  (T extends (...args: infer A) => infer R ? RemoteFunction<A, R> : unknown) &
  Disposable &
  AsyncDisposable;

/** The members of a remote object; those of {@link Pending} too. */
export type RemoteMembers<T> = {
  readonly [K in keyof T as K extends string ? (K extends "then" | "constructor" ? never : K) : never]: T[K] extends (
    ...args: infer A
  ) => infer R
    ? RemoteFunction<A, R>
    : Pending<T[K]>;
};

/** A function of the other side. Its arguments may be results that are still to come. */
export type RemoteFunction<A extends readonly unknown[], R> = (
  ...args: { [I in keyof A]: Argument<A[I]> }
) => Pending<Awaited<R>>;

/** What may be given for a parameter of type `A`: the value, or a result that is still to come. */
export type Argument<A> = (A extends AnyFunction ? CallbackOf<A> : A | Pending<A>) | Promise<A>;

/** A callback may answer at once or later. */
type CallbackOf<F extends AnyFunction> = (...args: Parameters<F>) => CallbackResult<Awaited<ReturnType<F>>>;
// biome-ignore lint/suspicious/noConfusingVoidType: what callbacks without a result return.
type CallbackResult<R> = [R] extends [void] ? unknown : R | Promise<R>;

/** A result of type `R` that comes: await it, or use its members and give it as an argument before it is there. */
export type Pending<R> = Promise<Received<R>> &
  ([R] extends [never]
    ? unknown
    : R extends ByValue
      ? unknown
      : R extends AnyFunction
        ? Remote<R>
        : R extends object
          ? Omit<RemoteMembers<R>, keyof Promise<unknown>>
          : unknown);

/** A value as it comes out on the other side. */
export type Received<R> = R extends ByValue
  ? R
  : R extends AnyFunction | ByReference
    ? Remote<R>
    : R extends symbol
      ? CannotBeSent<"a symbol">
      : R extends WeakMap<WeakKey, unknown> | WeakSet<WeakKey>
        ? CannotBeSent<"a weak collection">
        : R extends Promise<infer P>
          ? Promise<Received<P>>
          : R extends Map<infer K, infer V>
            ? Map<Received<K>, Received<V>>
            : R extends Set<infer V>
              ? Set<Received<V>>
              : R extends AsyncIterable<infer V>
                ? AsyncIterable<Received<V>>
                : R extends object
                  ? { [K in keyof R]: Received<R[K]> }
                  : R;
