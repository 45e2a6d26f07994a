import { copies, type SubjectId } from "../collections/subjects.ts";
import { type Copy, markOf } from "../collections/table.ts";

/** Which library, where its table is, and how many rows that has. */
interface Place {
  readonly subject: SubjectId;
  readonly url: string;
  readonly rows: number;
}

/**
 * Opens a copy and closes it again. Resolves with how long that took, and how long the thread had no turn for anybody
 * else at the most.
 */
export async function firstSync({ subject, url, rows }: Place): Promise<{ seconds: number; longestMs: number }> {
  const { openCopy } = await copies[subject]();
  const watch = watchTurns();
  const start = performance.now();
  const copy = await openCopy(url, rows);
  const seconds = (performance.now() - start) / 1000;
  const longestMs = await watch();
  await copy.close();
  return { seconds, longestMs };
}

/** Watches from now on; what is returned resolves with the longest time between two turns of the event loop. */
function watchTurns(): () => Promise<number> {
  const { port1, port2 } = new MessageChannel();
  let longest = 0;
  let last = performance.now();
  let onOver: ((longest: number) => void) | undefined;
  port1.onmessage = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (onOver === undefined) return port2.postMessage(null);
    port1.close();
    onOver(longest);
  };
  port2.postMessage(null);
  return () =>
    new Promise((resolve) => {
      onOver = resolve;
    });
}

/** Copies that are open between tasks. */
const open: Copy[] = [];

/** Opens some. */
export async function openCopies({ subject, url, rows, count }: Place & { count: number }): Promise<void> {
  const { openCopy } = await copies[subject]();
  open.push(...(await Promise.all(Array.from({ length: count }, () => openCopy(url, rows)))));
}

/** Resolves when all of them have the changes of a round, with the work of this process of Node. */
export async function followChanges({ round }: { round: number }): Promise<{ cpuMs: number }> {
  const mark = markOf(round);
  const before = process.cpuUsage();
  const follow = async (copy: Copy): Promise<void> => {
    while (copy.get(0)?.name !== mark) await copy.changed();
  };
  await Promise.all(open.map(follow));
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1000 };
}

/** Closes all. */
export async function closeCopies(_: null): Promise<void> {
  await Promise.all(open.splice(0).map((copy) => copy.close()));
}

/** What this process has in memory, after a collection; in Node alone. */
export async function memory(_: null): Promise<{ bytes: number }> {
  for (let times = 0; times < 3; times += 1) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setTimeout(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return { bytes: heapUsed + external };
}
