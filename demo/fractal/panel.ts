import { CuttleError } from "../../ts/index.ts";
import { painter, part, setEnabled, setText } from "../dom.ts";
import { seconds } from "../format.ts";
import { Status } from "../status.ts";
import { type PainterLink, startPainter } from "./link.ts";
import type { Show } from "./mandelbrot.ts";

/** A picture that a worker paints row by row. */
export class FractalPanel {
  readonly #root: HTMLElement;
  readonly #status: Status;
  readonly #canvas: HTMLCanvasElement;
  readonly #detail: HTMLSelectElement;
  readonly #paintButton: HTMLButtonElement;
  readonly #zoomIn: HTMLButtonElement;
  readonly #zoomOut: HTMLButtonElement;
  readonly #cancel: HTMLButtonElement;
  readonly #progress: HTMLProgressElement;
  readonly #news: HTMLElement;
  readonly #paint = painter(() => this.#draw());
  #rows = 0;
  #span = SPAN;
  #link: PainterLink | undefined;
  #run: AbortController | undefined;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#status = new Status(root, () => void this.connect());
    this.#canvas = part(root, "picture", HTMLCanvasElement);
    this.#detail = part(root, "detail", HTMLSelectElement);
    this.#paintButton = part(root, "paint", HTMLButtonElement);
    this.#zoomIn = part(root, "zoom-in", HTMLButtonElement);
    this.#zoomOut = part(root, "zoom-out", HTMLButtonElement);
    this.#cancel = part(root, "cancel", HTMLButtonElement);
    this.#progress = part(root, "progress", HTMLProgressElement);
    this.#news = part(root, "paint-status", HTMLElement);
    this.#progress.max = this.#canvas.height;
    this.#paintButton.addEventListener("click", () => this.#start());
    this.#zoomIn.addEventListener("click", () => this.#zoom(1 / ZOOM));
    this.#zoomOut.addEventListener("click", () => this.#zoom(ZOOM));
    this.#cancel.addEventListener("click", () => this.#stop());
  }

  /** Starts the worker. Never rejects. */
  async connect(): Promise<void> {
    if (this.#status.state === "connecting") return;
    this.#status.show("connecting", "Starting a worker …");
    this.#status.calm();
    try {
      const link = await startPainter();
      this.#link = link;
      this.#status.show("connected", "Connected · MessagePort · plain objects");
      this.#update();
      this.#start();
      await link.closed;
      throw new CuttleError("remote_connection_closed", "the worker closed the connection");
    } catch (error) {
      this.#link = undefined;
      this.#status.show("failed", "No worker");
      this.#status.alarm(error);
      this.#update();
    }
  }

  #zoom(factor: number): void {
    this.#span = Math.min(SPAN, this.#span * factor);
    this.#start();
  }

  #start(): void {
    if (this.#link !== undefined && this.#run === undefined) void this.#paintAll(this.#link);
  }

  /** The worker learns of it when it has finished its row. */
  #stop(): void {
    if (this.#run === undefined) return;
    setText(this.#news, "Cancelling after this row …");
    this.#run.abort(new DOMException("Cancelled", "AbortError"));
  }

  async #paintAll(link: PainterLink): Promise<void> {
    const run = new AbortController();
    const context = this.#canvas.getContext("2d");
    const { width, height } = this.#canvas;
    const startedAt = performance.now();
    this.#run = run;
    this.#rows = 0;
    setText(this.#news, "The worker paints …");
    this.#update();
    const show: Show = (y, row) => {
      context?.putImageData(new ImageData(row, width, 1), 0, y);
      this.#rows = y + 1;
      this.#paint();
    };
    try {
      const view = { width, height, ...CENTRE, span: this.#span, depth: Number(this.#detail.value) };
      await link.paint(view, show, run.signal);
      this.#finish(`Painted ${height} rows in ${seconds(performance.now() - startedAt)}.`);
    } catch (error) {
      this.#finish(run.signal.aborted ? `Cancelled after ${this.#rows} of ${height} rows.` : "Ended early.");
      if (!run.signal.aborted && this.#link === link) this.#status.alarm(error);
    }
  }

  #finish(text: string): void {
    this.#run = undefined;
    setText(this.#news, text);
    this.#draw();
    this.#update();
  }

  #update(): void {
    const isRunning = this.#run !== undefined;
    const isIdle = this.#link !== undefined && !isRunning;
    if (isRunning) this.#cancel.disabled = false;
    for (const button of [this.#paintButton, this.#zoomIn, this.#zoomOut]) setEnabled(button, isIdle, this.#cancel);
    setEnabled(this.#cancel, isRunning, this.#paintButton);
    this.#root.toggleAttribute("data-running", isRunning);
  }

  #draw(): void {
    this.#progress.value = this.#rows;
  }
}

/** A point at the edge of the set that stays worth seeing for a while. */
const CENTRE = { re: -0.743643887, im: 0.131825904 };
/** The whole set. */
const SPAN = 3.2;
const ZOOM = 4;
