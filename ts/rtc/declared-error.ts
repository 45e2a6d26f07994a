import { CuttleError } from "../errors/error.ts";
import { MethodError } from "../errors/method-error.ts";
import type { Descriptor, EnumShape } from "../schema/descriptor.ts";
import { isCallError } from "./call-error.ts";

/**
 * What of `error` a method with errors of `type` can return: the value of such an error, or a failed call of another
 * service where the type has a place for one (`CallError` itself, or the first variant of an enum that holds one).
 */
export function declaredError(error: unknown, type: Descriptor): { readonly value: unknown } | undefined {
  if (MethodError.is(error, type)) return { value: error.value };
  if (!CuttleError.is(error)) return undefined;
  if (isCallError(type)) return { value: error };
  if (type.kind !== "enum") return undefined;
  const { keys, payloads } = type as EnumShape;
  const variant = keys.list[payloads.findIndex((payload) => payload !== null && isCallError(payload))];
  return variant === undefined ? undefined : { value: { [variant]: error } };
}
