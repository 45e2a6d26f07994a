import { mpsc, t } from "../ts/index.ts";
import type { CountNote } from "./contract.ts";
import { painter, part, setEnabled, setText } from "./dom.ts";
import { integer, numbers, seconds } from "./format.ts";
import type { Link } from "./links.ts";
import { Pace, Rate } from "./pace.ts";
import type { PanelHost } from "./panel.ts";

/** One count that is under way or over. */
interface Run {
  readonly upTo: number;
  readonly seq_rx: mpsc.Receiver<number>;
  readonly startedAt: number;
  received: number;
  stopped: boolean;
}

/** Asks the peer to count and shows the numbers as they come. */
export class CountPanel {
  readonly #host: PanelHost;
  readonly #form: HTMLFormElement;
  readonly #field: HTMLInputElement;
  readonly #start: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  readonly #problem: HTMLElement;
  readonly #latest: HTMLElement;
  readonly #rateText: HTMLElement;
  readonly #strip: HTMLElement;
  readonly #status: HTMLElement;
  readonly #rate = new Rate();
  readonly #last: number[] = [];
  readonly #paint = painter(() => this.#draw());
  #run: Run | undefined;

  constructor(root: ParentNode, host: PanelHost) {
    this.#host = host;
    this.#form = part(root, "count-form", HTMLFormElement);
    this.#field = part(root, "up-to", HTMLInputElement);
    this.#start = part(root, "start", HTMLButtonElement);
    this.#stop = part(root, "stop", HTMLButtonElement);
    this.#problem = part(root, "up-to-problem", HTMLElement);
    this.#latest = part(root, "latest", HTMLElement);
    this.#rateText = part(root, "rate", HTMLElement);
    this.#strip = part(root, "strip", HTMLElement);
    this.#status = part(root, "count-status", HTMLElement);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.start();
    });
    this.#stop.addEventListener("click", () => this.stop());
    this.#field.addEventListener("input", () => this.#showProblem(undefined));
  }

  /** There is a link, or none. */
  update(): void {
    this.#start.disabled = this.#host.link === undefined;
    setEnabled(this.#stop, this.#run !== undefined, this.#start);
  }

  /** Counts anew; a count that is under way is stopped. */
  start(): void {
    const { link } = this.#host;
    const upTo = Number(this.#field.value.trim());
    const isValid = /^\d+$/.test(this.#field.value.trim()) && upTo >= 1 && upTo <= MAX_U32;
    this.#showProblem(isValid ? undefined : `A whole number from 1 to ${integer(MAX_U32)}, please.`);
    if (!isValid) this.#field.focus();
    else if (link !== undefined) void this.#count(link, upTo);
  }

  /** Drops the receiving half; the peer notices and stops. */
  stop(): void {
    const run = this.#run;
    if (run === undefined) return;
    run.stopped = true;
    run.seq_rx.drop();
    this.#finish(run, `Stopped after ${numbers(run.received)}.`);
  }

  /** The peer says where it was when it noticed. */
  note({ Stopped: { at, reason } }: CountNote): void {
    const text = this.#status.textContent ?? "";
    if (text.startsWith("Stopped") && !text.includes("peer")) {
      setText(this.#status, `${text} The peer was at ${integer(at)} when it learned: ${reason}.`);
    }
  }

  async #count(link: Link, upTo: number): Promise<void> {
    this.stop();
    const [seq_tx, seq_rx] = mpsc.channel(t.u32);
    const run: Run = { upTo, seq_rx, startedAt: performance.now(), received: 0, stopped: false };
    this.#begin(run);
    try {
      await link.count({ up_to: upTo, seq_tx });
      await this.#receive(run);
      if (run.stopped) return;
      const took = seconds(performance.now() - run.startedAt);
      this.#finish(run, `Done: ${numbers(run.received)} of ${integer(upTo)} in ${took}.`);
    } catch (error) {
      if (run.stopped) return;
      this.#finish(run, `Ended after ${numbers(run.received)}.`);
      this.#host.fail(link, error);
    }
  }

  async #receive(run: Run): Promise<void> {
    const pace = new Pace();
    while (!run.stopped) {
      const number = await run.seq_rx.recv();
      if (number === undefined || run.stopped) return;
      if (number !== run.received) throw new Error(`number ${number} came instead of ${run.received}`);
      run.received += 1;
      this.#last.push(number);
      if (this.#last.length > STRIP) this.#last.shift();
      this.#paint();
      // Not reading is all it takes: the sender waits until there is room again.
      await pace.take(1, this.#host.settings.numbersPerSecond);
    }
  }

  #begin(run: Run): void {
    this.#run = run;
    this.#last.length = 0;
    this.#rate.reset();
    setText(this.#status, `Counting to ${integer(run.upTo)} …`);
    this.#form.dataset.running = "";
    this.#paint();
    this.update();
  }

  #finish(run: Run, text: string): void {
    if (this.#run !== run) return;
    this.#draw();
    this.#run = undefined;
    setText(this.#status, text);
    setText(this.#rateText, "");
    delete this.#form.dataset.running;
    this.update();
  }

  #draw(): void {
    const run = this.#run;
    if (run === undefined) return;
    const latest = this.#last.at(-1);
    setText(this.#latest, latest === undefined ? "–" : integer(latest));
    setText(this.#strip, this.#last.join("  "));
    setText(this.#rateText, `${integer(this.#rate.update(run.received))} per second`);
  }

  #showProblem(text: string | undefined): void {
    setText(this.#problem, text ?? "");
    this.#field.setAttribute("aria-invalid", String(text !== undefined));
  }
}

const MAX_U32 = 0xffff_ffff;
/** As many as a wide card can show. */
const STRIP = 30;
