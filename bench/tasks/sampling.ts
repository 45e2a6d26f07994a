/**
 * Runs `load`, and beside it `sample` every `everyMs` by the clock, without waiting for the sample before: a sample that
 * has to wait must not keep others from being taken. Each is timed from the moment at which it was due, so that a
 * thread that is kept busy shows, too. Resolves with the milliseconds of those that were due before `load` was over.
 */
export async function sampleUntil(
  load: () => Promise<void>,
  sample: () => Promise<unknown>,
  everyMs: number,
): Promise<number[]> {
  const start = performance.now();
  const samples: Promise<number>[] = [];
  let isOver = false;
  const timed = async (dueAt: number): Promise<number> => {
    await sample();
    return performance.now() - dueAt;
  };
  const sampling = (async () => {
    for (let dueAt = start + everyMs; !isOver; dueAt += everyMs) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueAt - performance.now())));
      if (!isOver) samples.push(timed(dueAt));
    }
  })();
  await load().finally(() => {
    isOver = true;
  });
  await sampling;
  return await Promise.all(samples);
}
