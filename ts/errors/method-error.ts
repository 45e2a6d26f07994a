/** Marks errors of every copy of this package that a page may have loaded. */
const BRAND = Symbol.for("cuttle.MethodError");

/** Properties that every error has, or that this class gives it; a payload does not replace them. */
const OWN: ReadonlySet<string> = /* @__PURE__ */ new Set([
  "name",
  "message",
  "stack",
  "cause",
  "type",
  "value",
  "variant",
]);

/**
 * An error that a method or function declares, with its value: what the application on the other side returned as
 * `Err`, or what an implementation throws to return one. Not a failure of cuttle, hence no `CuttleError`.
 *
 * The fields of a struct variant are also properties of the error, unless errors have a property of that name.
 */
export class MethodError<T = unknown> extends Error {
  /** The descriptor of the value. */
  readonly type: object;
  /** The error as its descriptor says, for instance `{ Overflow: { current_value: 3 } }`. */
  readonly value: T;
  /** The name of the variant when the error is an enum, else empty. */
  readonly variant: string;

  /** Made by the `error()` of an error's descriptor, or by `new MethodError(type, value)` for other types. */
  constructor(type: object & { readonly "~type"?: T }, value: T) {
    const { variant, payload } = partsOf(value);
    super(textOf(type, variant, payload));
    this.name = "MethodError";
    this.type = type;
    this.value = value;
    this.variant = variant;
    Object.defineProperty(this, BRAND, { value: true });
    if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return;
    for (const [key, part] of Object.entries(payload)) {
      if (!OWN.has(key)) Object.defineProperty(this, key, { value: part, enumerable: true });
    }
  }

  /** Whether `error` is one, of this copy of the package or of another, for values of `type`. */
  static is<T>(error: unknown, type: object & { readonly "~type"?: T }): error is MethodError<T> {
    if (typeof error !== "object" || error === null) return false;
    return (error as Record<symbol, unknown>)[BRAND] === true && (error as MethodError).type === type;
  }
}

function partsOf(value: unknown): { variant: string; payload?: unknown } {
  if (typeof value === "string") return { variant: value };
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { variant: "" };
  const [entry, ...others] = Object.entries(value);
  return entry === undefined || others.length > 0 ? { variant: "" } : { variant: entry[0], payload: entry[1] };
}

/** For people: the value may be large, may hold halves, and comes from a peer. */
function textOf(type: object, variant: string, payload: unknown): string {
  const { name } = type as { name?: unknown };
  const title = [typeof name === "string" ? name : "", variant.slice(0, MAX_TEXT)].filter((part) => part !== "");
  const detail =
    typeof payload === "string" || typeof payload === "number" ? `: ${String(payload).slice(0, MAX_TEXT)}` : "";
  return (title.join(".") || "the method failed") + detail;
}

/** Enough for a sentence. */
const MAX_TEXT = 200;
