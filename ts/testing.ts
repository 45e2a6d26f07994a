/** cuttle/testing: a network in memory with a virtual clock, to test programs against. See docs/testing.md. */
export type { TestClock } from "./testing/clock.ts";
export { type NetworkOptions, type Pair, pair } from "./testing/pair.ts";
