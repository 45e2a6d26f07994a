import { CuttleError } from "../errors/error.ts";

/** Names that are never looked up, whatever has them. */
const NEVER: ReadonlySet<string> = /* @__PURE__ */ new Set(["constructor", "prototype", "__proto__"]);

/** What {@link remote} marked, and the names that may be used when they were given. */
const marked: WeakMap<object, ReadonlySet<string> | undefined> = /* @__PURE__ */ new WeakMap();

/** Tells the type checker what goes by reference; not there at run time. */
declare const BY_REFERENCE: unique symbol;

/** What {@link remote} marked, to the type checker. */
export interface ByReference {
  readonly [BY_REFERENCE]: true;
}

/** A class whose instances are sent by reference: the other side gets a stub and calls the methods over here. */
export abstract class RemoteObject implements ByReference {
  declare readonly [BY_REFERENCE]: true;
}

/** Options of {@link remote}. */
export interface RemoteOptions {
  /** The only members that the other side may use; default all methods and accessors, of plain objects all members. */
  expose?: readonly string[];
}

/**
 * Marks an object: it is sent by reference from now on, and the other side calls its methods over here. Returns it.
 * Throws `local_misuse` for what is no object.
 */
export function remote<T extends object>(object: T, options: RemoteOptions = {}): T & ByReference {
  if ((typeof object !== "object" && typeof object !== "function") || object === null) {
    throw new CuttleError("local_misuse", "remote() marks an object or a function");
  }
  marked.set(object, options.expose === undefined ? undefined : new Set(options.expose));
  return object as T & ByReference;
}

/** Whether an object goes by reference. */
export function isRemote(object: object): boolean {
  return object instanceof RemoteObject || marked.has(object);
}

/** What the other side may see of `holder` under `name`. Methods come as they are, accessors are read. */
export function member(holder: unknown, name: string): unknown {
  if (isOffered(holder, name)) return (holder as Record<string, unknown>)[name];
  throw new CuttleError("remote_rejected", `there is no member ${JSON.stringify(name.slice(0, 60))} that may be used`);
}

/**
 * Law: of plain objects and arrays own members, of instances the methods and accessors of their classes; never what
 * every object inherits, and nothing of primitive values and functions.
 */
function isOffered(holder: unknown, name: string): boolean {
  if (typeof holder !== "object" || holder === null || NEVER.has(name)) return false;
  const exposed = marked.get(holder);
  if (exposed !== undefined && !exposed.has(name)) return false;
  let prototype: object | null = Object.getPrototypeOf(holder);
  if (isPlain(prototype) || Array.isArray(holder)) return Object.hasOwn(holder, name);
  for (; prototype !== null && !isPlain(prototype); prototype = Object.getPrototypeOf(prototype)) {
    if (prototype === RemoteObject.prototype) return false;
    if (Object.hasOwn(prototype, name)) return true;
  }
  return false;
}

/** `Object.prototype` of this or another realm: that whose own prototype is null and that has what all objects have. */
function isPlain(prototype: object | null): boolean {
  return (
    prototype === null || (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "hasOwnProperty"))
  );
}
