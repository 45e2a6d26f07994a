/** Numbers of the Postbag 0.4 format that its writer and reader share. */

/** Field and variant names that are written as a number: `_0` to `_59`, without leading zeros. */
export const NUMBERED_NAME: RegExp = /^_[1-5]?\d$/;
/** A length of names that says that a longer length follows; `LONG_NAME + 1 + n` is the name `_n`. */
export const LONG_NAME = 64;
/** The first length of names that has no meaning. */
export const NO_NAME = 125;
/** A count that is escaped: doubled when it is meant, followed by 0 when the count is not known. */
export const UNKNOWN_COUNT = 125;
/** A chunk of a block of this length is followed by another one. */
export const BLOCK_CHUNK = 65535;
