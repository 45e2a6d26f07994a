import { CuttleError } from "../../ts/index.ts";
import { ITEM_BYTES, item } from "../contract.ts";
import { painter, part, setEnabled, setText } from "../dom.ts";
import { byteRate, bytes, milliseconds, seconds } from "../format.ts";
import { Rate, sleep } from "../pace.ts";
import { median, Plot, type Sample } from "../plot.ts";
import { Status } from "../status.ts";
import { enterRoom, type RoomLink } from "./link.ts";
import { enterNaiveRoom } from "./naive.ts";
import type { Line } from "./room.ts";

/** One upload that is under way. */
interface Run {
  readonly link: RoomLink;
  readonly totalBytes: number;
  readonly startedAt: number;
  cancelled: boolean;
  storedBytes: number;
}

/** Chat and an upload on one socket, and how long a line of the chat takes. */
export class RoomPanel {
  readonly #root: HTMLElement;
  readonly #status: Status;
  readonly #naive: HTMLInputElement;
  readonly #size: HTMLSelectElement;
  readonly #upload: HTMLButtonElement;
  readonly #cancel: HTMLButtonElement;
  readonly #progress: HTMLProgressElement;
  readonly #speed: HTMLElement;
  readonly #news: HTMLElement;
  readonly #log: HTMLElement;
  readonly #line: HTMLInputElement;
  readonly #send: HTMLButtonElement;
  readonly #plot: Plot;
  readonly #rate = new Rate();
  readonly #paint = painter(() => this.#draw());
  #samples: Sample[] = [];
  /** When the lines were said that have no answer yet. */
  #waiting: number[] = [];
  /** The most bytes that a line had to wait for. */
  #mostAhead = 0;
  #lines = 0;
  /** Counts the calls of `connect`: what an earlier one brings is too late. */
  #attempt = 0;
  #link: RoomLink | undefined;
  #run: Run | undefined;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#status = new Status(root, () => void this.connect());
    this.#naive = part(root, "naive", HTMLInputElement);
    this.#size = part(root, "upload-size", HTMLSelectElement);
    this.#upload = part(root, "upload", HTMLButtonElement);
    this.#cancel = part(root, "cancel", HTMLButtonElement);
    this.#progress = part(root, "progress", HTMLProgressElement);
    this.#speed = part(root, "speed", HTMLElement);
    this.#news = part(root, "upload-status", HTMLElement);
    this.#log = part(root, "log", HTMLElement);
    this.#line = part(root, "line", HTMLInputElement);
    this.#send = part(root, "send", HTMLButtonElement);
    this.#plot = new Plot(root);
    this.#naive.addEventListener("change", () => void this.connect());
    this.#upload.addEventListener("click", () => this.#start());
    this.#cancel.addEventListener("click", () => this.#stop());
    part(root, "chat-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#chat();
    });
    // What waits grows while it waits.
    setInterval(() => this.#waiting.length > 0 && this.#paint(), REDRAW_MS);
  }

  /** Connects by the socket that is chosen; an upload over another one ends. Never rejects. */
  async connect(): Promise<void> {
    this.#attempt += 1;
    const attempt = this.#attempt;
    const isNaive = this.#naive.checked;
    this.#leave();
    this.#status.show("connecting", "Connecting …");
    this.#status.calm();
    try {
      const link = await (isNaive ? enterNaiveRoom : enterRoom)((line) => this.#hear(line));
      if (attempt !== this.#attempt) return await link.close();
      this.#use(link, isNaive ? "One raw WebSocket" : "Connected · WebSocket · cuttle");
    } catch (error) {
      if (attempt === this.#attempt) this.#lose(undefined, error);
    }
  }

  #use(link: RoomLink, text: string): void {
    this.#link = link;
    this.#samples = [];
    this.#mostAhead = 0;
    this.#status.show("connected", text);
    this.#update();
    void this.#measure(link);
    link.closed.then(
      () => this.#lose(link, new CuttleError("remote_connection_closed", "the server closed the connection")),
      (error: unknown) => this.#lose(link, error),
    );
  }

  #leave(): void {
    const link = this.#link;
    this.#stop();
    this.#link = undefined;
    this.#waiting = [];
    void link?.close();
    this.#update();
  }

  #lose(link: RoomLink | undefined, error: unknown): void {
    if (link !== this.#link) return;
    this.#leave();
    this.#status.show("failed", link === undefined ? "Not connected" : "Disconnected");
    this.#status.alarm(error);
  }

  #start(): void {
    if (this.#link !== undefined && this.#run === undefined) void this.#sendFile(this.#link);
  }

  #stop(): void {
    if (this.#run === undefined) return;
    this.#run.cancelled = true;
    setText(this.#news, "Cancelling: what is under way is still stored …");
  }

  async #sendFile(link: RoomLink): Promise<void> {
    const totalBytes = Number(this.#size.value);
    const run: Run = { link, totalBytes, startedAt: performance.now(), cancelled: false, storedBytes: 0 };
    this.#run = run;
    this.#mostAhead = 0;
    this.#rate.reset();
    setText(this.#news, `Sending ${bytes(totalBytes)} to a server that stores 40 MB/s …`);
    this.#update();
    try {
      const uploaded = link.upload(pieces(run), (stored) => {
        run.storedBytes = stored;
        this.#paint();
      });
      // A line right behind it.
      void this.#say(link, "").catch(() => undefined);
      run.storedBytes = await uploaded;
      const took = seconds(performance.now() - run.startedAt);
      this.#finish(
        run,
        `${run.cancelled ? "Cancelled: t" : "T"}he server stored ${bytes(run.storedBytes)} in ${took}.`,
      );
    } catch {
      // The connection says why.
      this.#finish(run, `Ended after ${bytes(run.storedBytes)}.`);
    }
  }

  #finish(run: Run, text: string): void {
    if (this.#run !== run) return;
    this.#draw();
    this.#run = undefined;
    setText(this.#news, text);
    setText(this.#speed, "");
    this.#update();
  }

  #chat(): void {
    const text = this.#line.value.trim();
    if (text === "" || this.#link === undefined) return;
    this.#line.value = "";
    void this.#say(this.#link, text).catch(() => undefined);
  }

  /** Says one line after the other, empty ones, which nobody sees. */
  async #measure(link: RoomLink): Promise<void> {
    try {
      while (this.#link === link) {
        await this.#say(link, "");
        await sleep(PAUSE_MS);
      }
    } catch {
      // `closed` says why.
    }
  }

  async #say(link: RoomLink, text: string): Promise<void> {
    const run = this.#run;
    const storedBefore = run?.storedBytes ?? 0;
    const saidAt = performance.now();
    this.#waiting.push(saidAt);
    const stored = await link.say(text);
    if (this.#link !== link) return;
    this.#waiting.splice(this.#waiting.indexOf(saidAt), 1);
    if (run !== undefined) this.#mostAhead = Math.max(this.#mostAhead, stored - storedBefore);
    this.#samples.push({ ms: performance.now() - saidAt, busy: run !== undefined });
    if (this.#samples.length > KEPT) this.#samples.shift();
    this.#lines += 1;
    this.#paint();
  }

  #hear({ from, text }: Line): void {
    const element = document.createElement("p");
    const name = document.createElement("strong");
    name.textContent = from;
    element.append(name, ` ${text}`);
    this.#log.append(element);
    while (this.#log.childElementCount > LINES) this.#log.firstElementChild?.remove();
  }

  #update(): void {
    const isRunning = this.#run !== undefined;
    const isIdle = this.#link !== undefined && !isRunning;
    if (isRunning) this.#cancel.disabled = false;
    setEnabled(this.#upload, isIdle, this.#cancel);
    setEnabled(this.#cancel, isRunning, this.#upload);
    this.#send.disabled = this.#link === undefined;
    this.#draw();
  }

  #draw(): void {
    const run = this.#run;
    const [oldest = performance.now()] = this.#waiting;
    const waited = performance.now() - oldest;
    const isWaiting = waited > WAIT_MS;
    const busy = this.#samples.filter((sample) => sample.busy);
    const shown = isWaiting ? [...this.#samples, { ms: waited, busy: run !== undefined }] : this.#samples;
    this.#plot.draw(shown);
    const last = this.#samples.at(-1);
    const now = last === undefined ? "–" : milliseconds(last.ms);
    setText(part(this.#root, "now", HTMLElement), isWaiting ? `waiting ${seconds(waited)}` : now);
    setText(part(this.#root, "idle-median", HTMLElement), median(this.#samples.filter((sample) => !sample.busy)));
    setText(part(this.#root, "busy-median", HTMLElement), median(busy));
    setText(part(this.#root, "ahead", HTMLElement), busy.length === 0 ? "–" : bytes(this.#mostAhead));
    this.#root.dataset.ahead = String(this.#mostAhead);
    this.#root.dataset.lines = String(this.#lines);
    if (run === undefined) return;
    this.#progress.max = run.totalBytes;
    this.#progress.value = run.storedBytes;
    setText(this.#speed, byteRate(this.#rate.update(run.storedBytes)));
  }
}

/** The file, made while it is sent. */
function* pieces(run: Run): Generator<Uint8Array> {
  for (let k = 0; k * ITEM_BYTES < run.totalBytes && !run.cancelled; k++) {
    yield item(k);
  }
}

const PAUSE_MS = 200;
/** Of about the last minute; the medians are made of them. */
const KEPT = 240;
/** From then on a line is shown as waiting. */
const WAIT_MS = 300;
const REDRAW_MS = 200;
/** As many as there is room for. */
const LINES = 3;
