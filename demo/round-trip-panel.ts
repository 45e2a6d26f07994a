import { part, setText } from "./dom.ts";
import { milliseconds } from "./format.ts";
import type { Link } from "./links.ts";
import { sleep } from "./pace.ts";
import type { PanelHost } from "./panel.ts";
import { median, Plot, type Sample } from "./plot.ts";

/** Makes the smallest call again and again and shows how long it takes, alone and beside a transfer. */
export class RoundTripPanel {
  readonly #host: PanelHost;
  readonly #root: HTMLElement;
  readonly #now: HTMLElement;
  readonly #idle: HTMLElement;
  readonly #busy: HTMLElement;
  readonly #plot: Plot;
  #samples: Sample[] = [];
  #updates = 0;

  constructor(root: ParentNode, host: PanelHost) {
    this.#host = host;
    this.#root = part(root, "round-trip", HTMLElement);
    this.#now = part(root, "now", HTMLElement);
    this.#idle = part(root, "idle-median", HTMLElement);
    this.#busy = part(root, "busy-median", HTMLElement);
    this.#plot = new Plot(root);
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
    this.#plot.draw(this.#samples);
    this.#root.dataset.updates = String(this.#updates);
  }
}

const PAUSE_MS = 250;
/** Of the last minute; the medians are made of them. */
const KEPT = 240;
