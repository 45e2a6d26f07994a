import { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { encodeValue } from "./encode.ts";
import { PostbagWriter } from "./postbag-writer.ts";

/** A schema in the sense of Standard Schema version 1 (standardschema.dev), for form and router libraries. */
export interface StandardSchema<T> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: "cuttle";
    /** The value itself when it could be sent as the descriptor says, else the first thing that is wrong. */
    readonly validate: (value: unknown) => StandardResult<T>;
    /** For type inference only; never present at run time. */
    readonly types?: { readonly input: T; readonly output: T };
  };
}

/** The outcome of validating. */
export type StandardResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path: readonly PropertyKey[] }[] };

/**
 * Makes a descriptor usable where a Standard Schema is. Channel halves inside values are taken as they are.
 * Validation stops at the first issue.
 */
export function toStandardSchema<T>(descriptor: Descriptor<T>): StandardSchema<T> {
  const validate = (value: unknown): StandardResult<T> => {
    // Encoding checks everything; Postbag is the format that can write every descriptor.
    const writer = new PostbagWriter({ codec: "postbag", descriptor }, Number.POSITIVE_INFINITY);
    try {
      encodeValue(writer, descriptor, value, null);
      return { value: value as T };
    } catch (error) {
      const { message } = CuttleError.from(error, "local_encode", "reading the value failed");
      return { issues: [{ message, path: writer.path() }] };
    } finally {
      writer.release();
    }
  };
  return { "~standard": { version: 1, vendor: "cuttle", validate } };
}
