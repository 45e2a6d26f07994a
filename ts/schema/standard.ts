/**
 * The interface Standard Schema, version 1 (standardschema.dev), as far as it is used here. Types alone, so that it costs
 * nothing and needs no package.
 */

/** A schema of any library: Zod, Valibot, ArkType, and every descriptor of this one. */
export interface StandardSchemaV1<out Output = unknown, out Input = Output> {
  readonly "~standard": StandardProps<Output, Input>;
}

/** What a schema offers. */
export interface StandardProps<out Output = unknown, out Input = Output> {
  readonly version: 1;
  /** The library. */
  readonly vendor: string;
  /** Checks a value; see {@link StandardResult}. Other libraries may return a promise. */
  readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
  /** For type inference only; never present at run time. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
}

/** The value, or what is wrong with it. */
export type StandardResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** One thing that is wrong. */
export interface StandardIssue {
  readonly message: string;
  /** The keys that lead to it. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The keys of a path as text: `rows[3].price`; empty for the value itself. */
export function pathText(path: StandardIssue["path"]): string {
  let text = "";
  for (const part of path ?? []) {
    const key = typeof part === "object" ? part.key : part;
    if (typeof key === "number") text += `[${key}]`;
    else text += text === "" ? String(key) : `.${String(key)}`;
  }
  return text;
}
