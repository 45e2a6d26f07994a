import { CuttleError } from "../../ts/index.ts";
import { part, setEnabled, setText } from "../dom.ts";
import { integer } from "../format.ts";
import { Status } from "../status.ts";
import type { Stroke } from "./board.ts";
import { type BoardLink, type Direct, goDirect, joinBoard, paintAll } from "./link.ts";

/** One canvas that all tabs draw on, through the server or from tab to tab. */
export class CanvasPanel {
  readonly #root: HTMLElement;
  readonly #status: Status;
  readonly #canvas: HTMLCanvasElement;
  readonly #direct: HTMLButtonElement;
  readonly #news: HTMLElement;
  readonly #hue = Math.floor(Math.random() * 360);
  readonly #received = { server: 0, direct: 0 };
  #pen: readonly [number, number] = [MARGIN, MARGIN];
  #tabs = 0;
  #link: BoardLink | undefined;
  #channel: Direct | undefined;
  /** Ends the search for the other tab. */
  #meeting: AbortController | undefined;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#status = new Status(root, () => void this.connect());
    this.#canvas = part(root, "board", HTMLCanvasElement);
    this.#direct = part(root, "direct", HTMLButtonElement);
    this.#news = part(root, "canvas-status", HTMLElement);
    this.#direct.addEventListener("click", () => void this.#toggleDirect());
    part(root, "wave", HTMLButtonElement).addEventListener("click", () => this.#wave());
    part(root, "clear", HTMLButtonElement).addEventListener("click", () => this.#clear());
    this.#canvas.addEventListener("pointerdown", (event) => this.#down(event));
    this.#canvas.addEventListener("pointermove", (event) => this.#move(event));
    this.#canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Joins the canvas of the server, again if need be. Never rejects. */
  async connect(): Promise<void> {
    if (this.#status.state === "connecting") return;
    this.#status.show("connecting", "Connecting …");
    this.#status.calm();
    void this.#link?.close();
    this.#link = undefined;
    let link: BoardLink | undefined;
    try {
      link = await joinBoard({
        paint: (stroke) => this.#take(stroke, "server"),
        count: (tabs) => this.#count(tabs),
        meet: (place) => void this.#meet(place),
      });
      this.#link = link;
      this.#update();
      await link.closed;
      throw new CuttleError("remote_connection_closed", "the server closed the connection");
    } catch (error) {
      // Somebody asked for another one.
      if (this.#link !== link) return;
      this.#link = undefined;
      this.#tabs = 0;
      this.#status.show("failed", "Not connected");
      this.#update();
      this.#status.alarm(error);
    }
  }

  async #toggleDirect(): Promise<void> {
    if (this.#channel !== undefined) return await this.#channel.close();
    const link = this.#link;
    if (link === undefined || this.#meeting !== undefined) return;
    try {
      await this.#meet(await link.board.invite());
    } catch (error) {
      this.#fail(link, error);
    }
  }

  /** The other tab does the same. There is one place for both, so being on the way to it is enough. */
  async #meet(place: string): Promise<void> {
    const link = this.#link;
    if (link === undefined || this.#meeting !== undefined) return;
    const meeting = new AbortController();
    this.#meeting = meeting;
    this.#status.calm();
    this.#update();
    try {
      this.#useDirect(await goDirect(link, place, meeting.signal));
    } catch (error) {
      if (!meeting.signal.aborted) this.#fail(link, error);
    } finally {
      this.#meeting = undefined;
      this.#update();
    }
  }

  #useDirect(channel: Direct): void {
    // The other tab asks again when it has lost the one before.
    void this.#channel?.close();
    this.#channel = channel;
    const end = (): void => {
      if (this.#channel === channel) this.#channel = undefined;
      void channel.close();
      this.#update();
    };
    paintAll(channel, (stroke) => this.#take(stroke, "direct")).then(end, end);
  }

  /** Somebody came or went. A direct way leads to one other tab, so it ends when there is none, or a third one. */
  #count(tabs: number): void {
    this.#tabs = tabs;
    if (tabs !== 2) {
      this.#meeting?.abort();
      void this.#channel?.close();
      this.#status.calm();
    }
    this.#update();
  }

  #fail(link: BoardLink, error: unknown): void {
    // What fails with the link is reported by it.
    if (this.#link === link) this.#status.alarm(error);
  }

  #update(): void {
    const isDirect = this.#channel !== undefined;
    const { server, direct } = this.#received;
    setText(this.#direct, isDirect ? "Use the server" : "Go direct");
    // Not while the tabs look for each other: it would lose the focus.
    setEnabled(this.#direct, isDirect || this.#tabs === 2, this.#canvas);
    if (this.#link !== undefined) {
      const way = isDirect ? "Directly · WebRTC" : "Through the server · WebSocket";
      this.#status.show("connected", this.#meeting === undefined ? way : "The tabs look for each other …");
    } else if (this.#status.state === "failed") {
      this.#status.show("failed", isDirect ? "Directly, without the server" : "Not connected");
    }
    this.#root.dataset.way = isDirect ? "direct" : "server";
    this.#root.dataset.tabs = String(this.#tabs);
    const who = few[this.#tabs] ?? `${integer(this.#tabs)} tabs are here; only two can go direct.`;
    setText(
      this.#news,
      `${who} Strokes that came: ${integer(server)} through the server, ${integer(direct)} directly.`,
    );
  }

  #draw(to: readonly [number, number]): void {
    const [fromX, fromY] = this.#pen;
    const [toX, toY] = to;
    this.#pen = to;
    const stroke: Stroke = { fromX, fromY, toX, toY, hue: this.#hue };
    this.#paint(stroke);
    // A stroke that does not arrive is reported by the connection that failed.
    const sent = this.#channel?.tx.send(stroke) ?? this.#link?.board.draw(stroke);
    void Promise.resolve(sent).catch(() => undefined);
  }

  #take(stroke: Stroke, way: "server" | "direct"): void {
    this.#received[way] += 1;
    this.#paint(stroke);
    this.#update();
  }

  #paint({ fromX, fromY, toX, toY, hue }: Stroke): void {
    const context = this.#canvas.getContext("2d");
    if (context === null) return;
    context.strokeStyle = `oklch(65% 0.17 ${hue})`;
    context.lineWidth = 3;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(fromX, fromY);
    context.lineTo(toX, toY);
    context.stroke();
  }

  #wave(): void {
    const { width, height } = this.#canvas;
    const middle = MARGIN + Math.random() * (height - 2 * MARGIN);
    const at = (x: number): [number, number] => [x, middle + Math.sin(x / 24) * (MARGIN - 4)];
    this.#pen = at(MARGIN);
    for (let x = MARGIN + STEP; x <= width - MARGIN; x += STEP) this.#draw(at(x));
  }

  #clear(): void {
    this.#canvas.getContext("2d")?.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  #down(event: PointerEvent): void {
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pen = this.#at(event);
  }

  #move(event: PointerEvent): void {
    if (event.buttons !== 0) this.#draw(this.#at(event));
  }

  #at({ offsetX, offsetY }: PointerEvent): [number, number] {
    const { width, height, clientWidth, clientHeight } = this.#canvas;
    return [(offsetX * width) / clientWidth, (offsetY * height) / clientHeight];
  }

  #key(event: KeyboardEvent): void {
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const { width, height } = this.#canvas;
    const [x, y] = this.#pen;
    this.#draw([clamp(x + step[0], width), clamp(y + step[1], height)]);
  }
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(value, 0), most);
}

const few: Record<number, string> = {
  0: "Only the server knows who else is here.",
  1: "One tab is here; it takes two.",
  2: "Two tabs are here.",
};
const STEP = 8;
const MARGIN = 30;
const steps: Record<string, readonly [number, number]> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};
