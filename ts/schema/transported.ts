import { build, checked } from "./build.ts";
import type { Descriptor, TransportedDescriptor } from "./descriptor.ts";

/** What {@link transported} needs. */
export interface TransportedParts {
  /** Short name for messages, for instance `mpsc.sender`. */
  name: string;
  /** What goes over the wire in place of the value; `t.lazy(...)` when it is not there yet. */
  shape: Descriptor;
  /** What the half carries; null or left out when it carries no described values. */
  item?: Descriptor | null;
  /** Whatever the room that makes it wants to find again. */
  options?: unknown;
}

/**
 * A descriptor of values of type `T` that travel as values of another type. The codec hands them to
 * `EncodeContext.transport` and `DecodeContext.receive`. For the rooms that make channel halves; not public.
 */
export function transported<T>(parts: TransportedParts): TransportedDescriptor<T> {
  const { name, shape, item = null, options } = parts;
  return build<T>({
    kind: "transported",
    name,
    shape: checked(shape, name),
    item,
    options,
  }) as TransportedDescriptor<T>;
}
