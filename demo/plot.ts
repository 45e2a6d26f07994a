import { part, setText } from "./dom.ts";
import { milliseconds } from "./format.ts";

/** One measured call. */
export interface Sample {
  readonly ms: number;
  /** A transfer ran beside it from its beginning to its end. */
  readonly busy: boolean;
}

/** Draws samples as upright lines, the newest at the right. */
export class Plot {
  readonly #scale: HTMLElement;
  readonly #idleBars: SVGPathElement;
  readonly #busyBars: SVGPathElement;

  constructor(root: ParentNode) {
    this.#scale = part(root, "scale", HTMLElement);
    this.#idleBars = part(root, "idle-bars", SVGPathElement);
    this.#busyBars = part(root, "busy-bars", SVGPathElement);
  }

  draw(samples: readonly Sample[]): void {
    const shown = samples.slice(-BARS);
    const scale = roundUp(Math.max(...shown.map(({ ms }) => ms), 0));
    setText(this.#scale, scale < 1000 ? `${scale} ms` : `${scale / 1000} s`);
    this.#idleBars.setAttribute("d", bars(shown, scale, false));
    this.#busyBars.setAttribute("d", bars(shown, scale, true));
  }
}

/** The one in the middle, for people. */
export function median(samples: readonly Sample[]): string {
  const sorted = samples.map(({ ms }) => ms).sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return middle === undefined ? "–" : milliseconds(middle);
}

/** One upright line for each sample that is `busy` or not, the newest at the right, in a box of BARS by 1. */
function bars(samples: readonly Sample[], scale: number, busy: boolean): string {
  const from = BARS - samples.length;
  return samples
    .map((sample, at) => ({ ...sample, at }))
    .filter((sample) => sample.busy === busy)
    .map(({ ms, at }) => `M${from + at + 0.5} 1V${(1 - Math.max(ms / scale, LEAST_BAR)).toFixed(3)}`)
    .join("");
}

/** The next of 10, 20, 50, 100, …, so that the scale does not jump with every sample. */
function roundUp(ms: number): number {
  for (let step = 10; ; step *= 10) {
    for (const factor of [1, 2, 5]) if (ms <= step * factor) return step * factor;
  }
}

/** As the viewBox in index.html is wide. */
const BARS = 60;
const LEAST_BAR = 0.04;
