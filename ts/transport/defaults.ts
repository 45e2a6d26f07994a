/** What transports allow unless they are told otherwise. */

/** Largest frame: the largest chunk that can be announced is 256 KiB, and lists of ports are up to 2.75 times as long. */
export const DEFAULT_MAX_FRAME_BYTES: number = 1024 * 1024;

/** What may wait in a carrier. It delays everything behind it: measured 52 ms per 64 KiB at 10 Mbit/s. */
export const DEFAULT_CAPACITY_BYTES: number = 64 * 1024;

/**
 * The same where the other side acknowledges, by which what is under way is bounded: a fast socket does not run dry before
 * an acknowledgement makes this end look at it again. With 256 KiB bulk was hardly faster on loopback, and small calls
 * beside it waited longer.
 */
export const ACKED_CAPACITY_BYTES: number = 128 * 1024;
