import { provide } from "../../ts/index.ts";
import { colours, depthAt, type View } from "./mandelbrot.ts";

// #region shown
const painter = {
  async paint(view: View, show: (y: number, row: Uint8ClampedArray) => unknown, signal: AbortSignal) {
    for (let y = 0; y < view.height; y++) {
      const row = colours(view.width, (x) => depthAt(view, x, y), view.depth);
      await show(y, row); // a function of the page; slow pages slow this down
      signal.throwIfAborted(); // aborts here when it aborts there
    }
  },
};
void provide(painter); // to the page that started this worker
// #endregion

export type Painter = typeof painter;
