/** Two tabs of one origin that talk to each other directly. */

// #region readme
import { consume, meetTab, provide } from "../../ts/index.ts";

/** In one tab; the script of `worker` calls `introduceTabs()`. */
export async function showDrawing(worker: SharedWorker, draw: (x: number, y: number) => void): Promise<void> {
  const connection = await provide({ draw }, { to: await meetTab(worker, "canvas") });
  await connection.closed;
}

/** In another one. */
export async function drawThere(worker: SharedWorker, points: [number, number][]): Promise<void> {
  await using other = await consume<{ draw(x: number, y: number): void }>(await meetTab(worker, "canvas"));
  for (const [x, y] of points) await other.draw(x, y);
}
// #endregion
