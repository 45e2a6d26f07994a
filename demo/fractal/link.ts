import { connectionOf, consume, type Remote } from "../../ts/index.ts";
import type { Show, View } from "./mandelbrot.ts";
import type { Painter } from "./worker.ts";

/** A worker that paints. */
export interface PainterLink {
  /** Resolves when all rows were shown; rejects with the reason when `signal` aborts. */
  paint(view: View, show: Show, signal: AbortSignal): Promise<void>;
  readonly closed: Promise<unknown>;
}

/** Starts a worker of its own. */
export async function startPainter(): Promise<PainterLink> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  try {
    const painter: Remote<Painter> = await consume<Painter>(worker);
    return {
      paint: (view, show, signal) => painter.paint(view, show, signal),
      closed: connectionOf(painter).closed,
    };
  } catch (error) {
    worker.terminate();
    throw error;
  }
}
