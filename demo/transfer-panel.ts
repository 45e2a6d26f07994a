import { CuttleError, mpsc, oneshot, t } from "../ts/index.ts";
import { ITEM_BYTES, item, SinkReport, sumOf } from "./contract.ts";
import { painter, part, setEnabled, setText } from "./dom.ts";
import { byteRate, bytes, seconds } from "./format.ts";
import type { Link } from "./links.ts";
import { Pace, Rate } from "./pace.ts";
import type { PanelHost } from "./panel.ts";

/** One transfer that is under way. */
interface Run {
  readonly items: number;
  readonly startedAt: number;
  doneBytes: number;
  cancelled: boolean;
  /** Makes it end early. */
  cancel(): void;
}

/** Moves many bytes through an mpsc channel, in either direction. */
export class TransferPanel {
  readonly #host: PanelHost;
  readonly #upload: HTMLButtonElement;
  readonly #download: HTMLButtonElement;
  readonly #cancel: HTMLButtonElement;
  readonly #progress: HTMLProgressElement;
  readonly #speed: HTMLElement;
  readonly #status: HTMLElement;
  readonly #rate = new Rate();
  readonly #paint = painter(() => this.#draw());
  #run: Run | undefined;

  constructor(root: ParentNode, host: PanelHost) {
    this.#host = host;
    this.#upload = part(root, "upload", HTMLButtonElement);
    this.#download = part(root, "download", HTMLButtonElement);
    this.#cancel = part(root, "cancel", HTMLButtonElement);
    this.#progress = part(root, "progress", HTMLProgressElement);
    this.#speed = part(root, "speed", HTMLElement);
    this.#status = part(root, "transfer-status", HTMLElement);
    this.#upload.addEventListener("click", () => this.start("upload"));
    this.#download.addEventListener("click", () => this.start("download"));
    this.#cancel.addEventListener("click", () => this.stop());
  }

  /** There is a link, or none. */
  update(): void {
    const isRunning = this.#run !== undefined;
    const isIdle = this.#host.link !== undefined && !isRunning;
    if (isRunning) this.#cancel.disabled = false;
    setEnabled(this.#upload, isIdle, this.#cancel);
    setEnabled(this.#download, isIdle, this.#cancel);
    setEnabled(this.#cancel, isRunning, this.#upload);
  }

  /** Begins a transfer unless one is under way. */
  start(direction: "upload" | "download"): void {
    const { link } = this.#host;
    if (link !== undefined && this.#run === undefined) void this.#transfer(link, direction);
  }

  /** Ends it early; what has arrived is reported. */
  stop(): void {
    if (this.#run === undefined) return;
    this.#run.cancelled = true;
    this.#run.cancel();
  }

  async #transfer(link: Link, direction: "upload" | "download"): Promise<void> {
    const items = Math.ceil(this.#host.settings.transferBytes / ITEM_BYTES);
    const run: Run = { items, startedAt: performance.now(), doneBytes: 0, cancelled: false, cancel: () => {} };
    this.#run = run;
    this.#host.traffic = direction;
    this.#rate.reset();
    this.#progress.max = items * ITEM_BYTES;
    setText(this.#status, `${direction === "upload" ? "Sending" : "Receiving"} ${bytes(items * ITEM_BYTES)} …`);
    this.#draw();
    this.update();
    try {
      this.#finish(run, direction === "upload" ? await this.#sendAll(link, run) : await this.#receiveAll(link, run));
    } catch (error) {
      this.#finish(run, `Ended after ${bytes(run.doneBytes)}.`);
      this.#host.fail(link, error);
    }
  }

  async #sendAll(link: Link, run: Run): Promise<string> {
    const [tx, rx] = mpsc.channel(t.bytes);
    const [goTx, go] = oneshot.channel(t.unit);
    const [report, answer] = oneshot.channel(SinkReport);
    await goTx.send(null);
    await link.upload({ rx, go, report });
    const pace = new Pace();
    for (let k = 0; k < run.items && !run.cancelled; k++) {
      // Waits for credits of the peer: never more than its window is under way.
      await tx.send(item(k));
      this.#count(run, ITEM_BYTES);
      await pace.take(ITEM_BYTES, this.#host.settings.bytesPerSecond);
    }
    tx.close();
    const arrived = await answer.recv();
    if (arrived.error !== null) throw new Error(`the peer could not receive everything: ${arrived.error}`);
    if (arrived.bytes !== BigInt(run.doneBytes) || arrived.sum !== expectedSum(run.doneBytes)) {
      throw new Error(
        `the peer received ${arrived.bytes} bytes with the sum ${arrived.sum}, which is not what was sent`,
      );
    }
    return run.cancelled
      ? `Cancelled. The peer reports ${bytes(Number(arrived.bytes))}, all intact.`
      : `Sent ${bytes(run.doneBytes)} in ${elapsed(run)}. The peer reports every byte intact.`;
  }

  async #receiveAll(link: Link, run: Run): Promise<string> {
    const [tx, rx] = mpsc.channel(t.bytes);
    run.cancel = () => rx.drop();
    await link.download({ tx, item_bytes: ITEM_BYTES, items: run.items });
    const pace = new Pace();
    for (let k = 0; !run.cancelled; k++) {
      const received = await rx.recv();
      if (received === undefined) break;
      if (received[0] !== (k & 0xff) || sumOf(received) !== SUM_OF_ITEM) throw new Error(`item ${k} was damaged`);
      this.#count(run, received.length);
      await pace.take(received.length, this.#host.settings.bytesPerSecond);
    }
    if (run.cancelled) return `Cancelled after ${bytes(run.doneBytes)}.`;
    if (run.doneBytes !== run.items * ITEM_BYTES) {
      throw new CuttleError("remote_failed", `the peer ended after ${run.doneBytes} bytes`);
    }
    return `Received ${bytes(run.doneBytes)} in ${elapsed(run)}, every byte intact.`;
  }

  #count(run: Run, more: number): void {
    run.doneBytes += more;
    this.#paint();
  }

  #finish(run: Run, text: string): void {
    this.#draw();
    this.#run = undefined;
    this.#host.traffic = undefined;
    setText(this.#status, text);
    setText(this.#speed, run.cancelled ? "" : byteRate((run.doneBytes * 1000) / (performance.now() - run.startedAt)));
    this.update();
  }

  #draw(): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#progress.value = run.doneBytes;
    setText(this.#speed, byteRate(this.#rate.update(run.doneBytes)));
  }
}

function elapsed(run: Run): string {
  return seconds(performance.now() - run.startedAt);
}

/** Every item holds each byte equally often. */
const SUM_OF_ITEM = sumOf(item(0));

function expectedSum(doneBytes: number): bigint {
  return BigInt(doneBytes / ITEM_BYTES) * BigInt(SUM_OF_ITEM);
}
