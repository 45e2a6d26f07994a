import { build, checked } from "./build.ts";
import type { Descriptor, OwnedShape } from "./descriptor.ts";

/** What decides how values look towards one peer; the same while a connection lasts. PROTOCOL.md section 10.2. */
export interface Dialect {
  /** The remoc line that the peer speaks. */
  readonly generation: "0.18" | "0.19" | "0.20";
  /** Whether remoc's own types are in their compact form: both sides have announced it. */
  readonly compact: boolean;
  /** Whether Postbag is version 1, not 0.4: both sides have announced it. */
  readonly postbag1: boolean;
  /** Whether fields that have their default may be left out in Postbag Full: the peer has announced that. */
  readonly skipDefaults: boolean;
}

/** The one that every peer reads. */
export const PLAIN_DIALECT: Dialect = Object.freeze({
  generation: "0.18",
  compact: false,
  postbag1: false,
  skipDefaults: false,
});

/** The forms of one of remoc's own types. Their values have the same keys, so that nobody else cares for the form. */
export interface Forms<T> {
  /** Of 0.18 and 0.19. */
  readonly old: Descriptor<T>;
  /** Of 0.20 where compact forms are not announced. */
  readonly long: Descriptor<T>;
  readonly compact: Descriptor<T>;
}

/** One of remoc's own types, whose form the peer decides. Not public. */
export function owned<T>(forms: Forms<T>): Descriptor<T> {
  return build({
    kind: "owned",
    old: checked(forms.old, "the old form"),
    long: checked(forms.long, "the long form"),
    compact: checked(forms.compact, "the compact form"),
  });
}

/** The form of one of remoc's own types in a dialect. */
export function formIn(shape: OwnedShape, dialect: Dialect = PLAIN_DIALECT): Descriptor {
  if (dialect.compact) return shape.compact;
  return dialect.generation === "0.20" ? shape.long : shape.old;
}
