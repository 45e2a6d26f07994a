/** An object in a worker, used by the page as if it were there. */

// #region readme
import { consume, provide, type Target } from "../../ts/index.ts";

const images = {
  async blur(image: Uint8Array, radius: number, onProgress: (percent: number) => void) {
    for (let percent = 0; percent <= 100; percent += 50) onProgress(percent);
    return image.map((pixel) => pixel >> radius);
  },
};

/** Runs in the worker, where `provide(images)` alone would do: the target is whoever started it. */
export async function worker(page: Target): Promise<void> {
  const connection = await provide(images, { to: page });
  await connection.closed;
}

/** Runs in the page; `worker` is a Worker, a MessagePort or a URL. */
export async function page(worker: Target, show: (percent: number) => void): Promise<Uint8Array> {
  await using remote = await consume<typeof images>(worker);
  return await remote.blur(Uint8Array.of(16, 32, 64), 4, show); // the callback is called from over there
}
// #endregion
