/** Whether a string is exactly one Unicode scalar value, or one lone surrogate (writers refuse those). */
export function isChar(text: string): boolean {
  const code = text.codePointAt(0);
  return code !== undefined && text.length === (code > 0xffff ? 2 : 1);
}

/** Matches only surrogates that are not part of a pair, because of the `u` flag. */
export const LONE_SURROGATE: RegExp = /\p{Surrogate}/u;
