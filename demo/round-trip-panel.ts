import { part, setText } from "./dom.ts";
import { milliseconds } from "./format.ts";
import type { Link } from "./links.ts";
import { sleep } from "./pace.ts";
import type { PanelHost } from "./panel.ts";

/** One measured call. */
interface Sample {
  readonly ms: number;
  /** A transfer ran beside it from its beginning to its end. */
  readonly busy: boolean;
}

/** Makes the smallest call again and again and shows how long it takes, alone and beside a transfer. */
export class RoundTripPanel {
  readonly #host: PanelHost;
  readonly #root: HTMLElement;
  readonly #now: HTMLElement;
  readonly #idle: HTMLElement;
  readonly #busy: HTMLElement;
  readonly #scale: HTMLElement;
  readonly #idleBars: SVGPathElement;
  readonly #busyBars: SVGPathElement;
  #samples: Sample[] = [];
  #updates = 0;

  constructor(root: ParentNode, host: PanelHost) {
    this.#host = host;
    this.#root = part(root, "round-trip", HTMLElement);
    this.#now = part(root, "now", HTMLElement);
    this.#idle = part(root, "idle-median", HTMLElement);
    this.#busy = part(root, "busy-median", HTMLElement);
    this.#scale = part(root, "scale", HTMLElement);
    this.#idleBars = part(root, "idle-bars", SVGPathElement);
    this.#busyBars = part(root, "busy-bars", SVGPathElement);
  }

  /** There is a link, or none. */
  update(): void {
    const { link } = this.#host;
    if (link === undefined) return;
    this.#samples = [];
    this.#draw();
    void this.#measure(link);
  }

  async #measure(link: Link): Promise<void> {
    while (this.#host.link === link) {
      const traffic = this.#host.traffic;
      const began = performance.now();
      try {
        await link.roundTrip(traffic);
      } catch (error) {
        return this.#host.fail(link, error);
      }
      const busy = traffic !== undefined && this.#host.traffic === traffic;
      this.#samples.push({ ms: performance.now() - began, busy });
      if (this.#samples.length > KEPT) this.#samples.shift();
      this.#updates += 1;
      this.#draw();
      await sleep(PAUSE_MS);
    }
  }

  #draw(): void {
    const last = this.#samples.at(-1);
    setText(this.#now, last === undefined ? "–" : milliseconds(last.ms));
    setText(this.#idle, median(this.#samples.filter(({ busy }) => !busy)));
    setText(this.#busy, median(this.#samples.filter(({ busy }) => busy)));
    const shown = this.#samples.slice(-BARS);
    const scale = roundUp(Math.max(...shown.map(({ ms }) => ms), 0));
    setText(this.#scale, `${scale} ms`);
    this.#idleBars.setAttribute("d", bars(shown, scale, false));
    this.#busyBars.setAttribute("d", bars(shown, scale, true));
    this.#root.dataset.updates = String(this.#updates);
  }
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

function median(samples: readonly Sample[]): string {
  const sorted = samples.map(({ ms }) => ms).sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return middle === undefined ? "–" : milliseconds(middle);
}

/** The next of 10, 20, 50, 100, …, so that the scale does not jump with every sample. */
function roundUp(ms: number): number {
  for (let step = 10; ; step *= 10) {
    for (const factor of [1, 2, 5]) if (ms <= step * factor) return step * factor;
  }
}

const PAUSE_MS = 250;
/** Of the last minute; the medians are made of them. */
const KEPT = 240;
/** As the viewBox in index.html is wide. */
const BARS = 60;
const LEAST_BAR = 0.04;
