import type { Connection } from "../../../ts/index.ts";
import { CuttleError } from "../../../ts/index.ts";

/** After this much real time something hangs, if there were that many turns in it: a machine may be busy with others. */
const HANGS_MS = Number(process.env.HANGS_MS ?? 10_000);
const HANGS_TURNS = 2_000;

/** One turn of the event loop: a task, with the input and output that is ready. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Some turns. */
export async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) await turn();
}

/** Waits until the condition holds; fails when it does not for a long time. */
export async function until(condition: () => boolean, what: () => string): Promise<void> {
  const end = performance.now() + HANGS_MS;
  for (let at = 0; !condition(); at += 1) {
    if (at > HANGS_TURNS && performance.now() > end) throw new Error(`waited in vain until ${what()}`);
    await turn();
  }
}

/** What became of a promise; never rejects, and fails when nothing becomes of it. */
export async function outcome<T>(promise: Promise<T>): Promise<{ value: T } | { error: unknown }> {
  let settled: { value: T } | { error: unknown } | undefined;
  promise.then(
    (value) => {
      settled = { value };
    },
    (error: unknown) => {
      settled = { error };
    },
  );
  await until(
    () => settled !== undefined,
    () => "a promise settled",
  );
  return settled as unknown as { value: T } | { error: unknown };
}

/** The error that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  const settled = await outcome(promise);
  if ("error" in settled) return settled.error;
  throw new Error(`expected a rejection, got ${String(settled.value)}`);
}

/** The code of the CuttleError that a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await errorOf(promise);
  return CuttleError.is(error) ? error.code : `not a CuttleError: ${String(error)}`;
}

/** Counts how a promise settles, for promises that must stay pending. */
export function watch(promise: Promise<unknown>): { readonly settled: boolean; readonly error: unknown } {
  const state = { settled: false, error: undefined as unknown };
  promise.then(
    () => {
      state.settled = true;
    },
    (error: unknown) => {
      state.settled = true;
      state.error = error;
    },
  );
  return state;
}

/** Waits until neither end has anything under way: what one sent the other received, and nothing follows. */
export async function quiet(a: Connection<never, unknown>, b: Connection<never, unknown>): Promise<void> {
  let still = 0;
  let before = "";
  await until(
    () => {
      const [one, other] = [a.stats(), b.stats()];
      const now = `${one.framesSent} ${one.framesReceived} ${other.framesSent} ${other.framesReceived}`;
      const arrived = one.framesSent === other.framesReceived && other.framesSent === one.framesReceived;
      still = arrived && now === before ? still + 1 : 0;
      before = now;
      return still >= 6;
    },
    () => `everything arrived (${before})`,
  );
}
