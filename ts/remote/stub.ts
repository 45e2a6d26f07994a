import { asyncDispose } from "../util/dispose.ts";

/** Whom a stub stands for: an export of the other side, or the result of a question that may not be answered yet. */
export interface Referent {
  /** Calls the member at `path`; returns a promise with the members of its result. */
  call(path: readonly string[], args: readonly unknown[]): object;
  /** Reads the member at `path`. */
  read(path: readonly string[]): Promise<unknown>;
  /** Settles with the result; undefined for what is no promise. */
  readonly promise: Promise<unknown> | undefined;
  /** Lets go of it. */
  dispose(): void | Promise<void>;
  /** For messages. */
  readonly name: string;
}

/** What a stub stands for, and how far into it. */
export interface Reference {
  readonly referent: Referent;
  readonly path: readonly string[];
}

/** Answered by stubs only; a look-up costs less than a table of them. */
const REFERENCE: unique symbol = Symbol("reference");

/** What a stub stands for; undefined for anything else. */
export function referenceOf(value: object): Reference | undefined {
  return typeof value === "function" ? (value as { [REFERENCE]?: Reference })[REFERENCE] : undefined;
}

/**
 * A stub: its members are stubs, calling it calls over there. Law: it has no symbols but those of disposal, no
 * prototype of its own, and no `then` unless it stands for something that is still to come.
 */
export function makeStub(referent: Referent, path: readonly string[] = NO_PATH): object {
  return new Proxy(CALLABLE, new StubHandler(referent, path));
}

/** A function, or a stub could not be called; an arrow, for it has no `prototype`, which a proxy would have to show. */
const CALLABLE = (): void => {};

const NO_PATH: readonly string[] = [];

/** Asked by the language, not by programs. */
const NO_MEMBERS: ReadonlySet<string> = /* @__PURE__ */ new Set(["toJSON", "constructor", "prototype", "__proto__"]);

/** So many members of a stub are kept; with names that come from data there could be any number. */
const MAX_MEMBERS = 64;

class StubHandler implements ProxyHandler<() => void>, Reference {
  readonly referent: Referent;
  readonly path: readonly string[];
  /** Members that were used, of which most programs have few. */
  #members: Map<string, object> | undefined;

  constructor(referent: Referent, path: readonly string[]) {
    this.referent = referent;
    this.path = path;
  }

  get(_: unknown, key: string | symbol): unknown {
    if (typeof key === "symbol") return this.#symbol(key);
    const { referent, path } = this;
    if (NO_MEMBERS.has(key)) return undefined;
    if (key === "then" || key === "catch" || key === "finally") {
      const promise = this.#promise();
      return promise?.[key].bind(promise);
    }
    this.#members ??= new Map();
    let member = this.#members.get(key);
    if (member === undefined) {
      member = makeStub(referent, [...path, key]);
      if (this.#members.size >= MAX_MEMBERS) this.#members.clear();
      this.#members.set(key, member);
    }
    return member;
  }

  apply(_: unknown, __: unknown, args: unknown[]): unknown {
    const { referent, path } = this;
    return referent.call(path, args);
  }

  /** The value to come: awaiting a member asks for it. */
  #promise(): Promise<unknown> | undefined {
    const { referent, path } = this;
    if (path.length === 0) return referent.promise;
    return referent.read(path);
  }

  #symbol(key: symbol): unknown {
    if (key === REFERENCE) return this;
    const { referent, path } = this;
    if (key === Symbol.toPrimitive) return () => `[remote ${[referent.name, ...path].join(".")}]`;
    if (path.length > 0) return undefined;
    if (Symbol.dispose !== undefined && key === Symbol.dispose) return () => void referent.dispose();
    if (key === asyncDispose) return async () => referent.dispose();
    return undefined;
  }

  set(): boolean {
    throw new TypeError("members of a remote object cannot be assigned; call a method that does it");
  }

  deleteProperty(): boolean {
    return false;
  }

  defineProperty(): boolean {
    return false;
  }

  has(): boolean {
    return false;
  }

  getPrototypeOf(): object | null {
    return null;
  }

  setPrototypeOf(): boolean {
    return false;
  }

  preventExtensions(): boolean {
    return false;
  }

  ownKeys(): string[] {
    return [];
  }

  getOwnPropertyDescriptor(): undefined {
    return undefined;
  }
}
