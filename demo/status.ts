import { CuttleError } from "../ts/index.ts";
import { part, setText } from "./dom.ts";

export type LinkState = "connecting" | "connected" | "failed";

/** How a connection is doing, in the card or panel that it belongs to, with a button to try again. */
export class Status {
  readonly #root: HTMLElement;
  readonly #state: HTMLElement;
  readonly #alert: HTMLElement;
  readonly #problem: HTMLElement;

  constructor(root: HTMLElement, onReconnect: () => void) {
    this.#root = root;
    this.#state = part(root, "state", HTMLElement);
    const box = part(document, "alert-box", HTMLTemplateElement);
    part(root, "alerts", HTMLElement).append(box.content.cloneNode(true));
    this.#alert = part(root, "alert", HTMLElement);
    this.#problem = part(root, "problem", HTMLElement);
    part(root, "reconnect", HTMLButtonElement).addEventListener("click", onReconnect);
  }

  get state(): string | undefined {
    return this.#root.dataset.state;
  }

  show(state: LinkState, text: string): void {
    this.#root.dataset.state = state;
    setText(this.#state, text);
  }

  /** Says what went wrong. */
  alarm(error: unknown): void {
    this.#alert.hidden = false;
    const { code, message } = CuttleError.from(error, "bug", "the demo failed");
    setText(this.#problem, message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message);
    setText(part(this.#root, "code", HTMLElement), code);
  }

  /** Takes back what {@link Status.alarm} said. */
  calm(): void {
    const hadFocus = this.#alert.contains(document.activeElement);
    this.#alert.hidden = true;
    setText(this.#problem, "");
    // The button that was pressed is gone; the heading is the nearest place that makes sense.
    if (hadFocus) part(this.#root, "title", HTMLElement).focus();
  }
}
