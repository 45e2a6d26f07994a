/** How long the steps of `npm test` took, of which some run side by side or within another one. */

import { duration } from "./util.mjs";

const steps = [];

/** Runs `body` as a step and settles as it does. */
export async function timed(name, body) {
  const step = { name, beganMs: performance.now(), tookMs: Number.NaN };
  steps.push(step);
  try {
    return await body();
  } finally {
    step.tookMs = performance.now() - step.beganMs;
  }
}

/** One line for each step, in the order in which they began: when that was, and how long it took. */
export function printTimes() {
  console.log(`${"step".padEnd(34)}${"began after".padStart(14)}${"took".padStart(14)}`);
  for (const { name, beganMs, tookMs } of steps) {
    console.log(name.padEnd(34) + duration(beganMs).padStart(14) + duration(tookMs).padStart(14));
  }
}
