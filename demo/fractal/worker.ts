import { provide } from "../../ts/index.ts";
import { rowOf, type Show, type View } from "./mandelbrot.ts";

// #region shown
const painter = {
  async paint(view: View, show: Show, signal: AbortSignal) {
    for (let y = 0; y < view.height; y++) {
      await show(y, rowOf(view, y)); // a function of the page
      signal.throwIfAborted(); // aborts here when it aborts there
    }
  },
};
void provide(painter); // to the page that started this worker
// #endregion

export type Painter = typeof painter;
