import { CuttleError } from "../ts/index.ts";
import { CountPanel } from "./count-panel.ts";
import { part, setText } from "./dom.ts";
import type { Link, OnNote, Traffic } from "./links.ts";
import type { PanelHost } from "./panel.ts";
import { RoundTripPanel } from "./round-trip-panel.ts";
import type { Settings } from "./settings.ts";
import { StatsPanel } from "./stats-panel.ts";
import { TransferPanel } from "./transfer-panel.ts";

/** A peer to show. */
export interface Peer {
  readonly id: string;
  readonly title: string;
  /** One line about what it is. */
  readonly about: string;
  connect(onNote: OnNote): Promise<Link>;
}

/** One peer on the page: its connection, and what can be asked of it. */
export class Card implements PanelHost {
  readonly element: HTMLElement;
  readonly settings: Settings;
  link: Link | undefined;
  traffic: Traffic;
  readonly #peer: Peer;
  readonly #state: HTMLElement;
  readonly #alert: HTMLElement;
  readonly #problem: HTMLElement;
  readonly #count: CountPanel;
  readonly #transfer: TransferPanel;
  readonly #roundTrip: RoundTripPanel;
  readonly #stats: StatsPanel;

  constructor(peer: Peer, settings: Settings, template: HTMLTemplateElement) {
    this.#peer = peer;
    this.settings = settings;
    this.element = (template.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement;
    uniteIds(this.element, peer.id);
    this.element.dataset.peer = peer.id;
    setText(part(this.element, "title", HTMLElement), peer.title);
    setText(part(this.element, "about", HTMLElement), peer.about);
    this.#state = part(this.element, "state", HTMLElement);
    this.#alert = part(this.element, "alert", HTMLElement);
    this.#problem = part(this.element, "problem", HTMLElement);
    this.#count = new CountPanel(this.element, this);
    this.#transfer = new TransferPanel(this.element, this);
    this.#roundTrip = new RoundTripPanel(this.element, this);
    this.#stats = new StatsPanel(this.element, this);
    part(this.element, "reconnect", HTMLButtonElement).addEventListener("click", () => void this.connect());
  }

  /** Starts counting, and a transfer beside it. */
  startAll(): void {
    this.#count.start();
    this.#transfer.start("upload");
  }

  stopAll(): void {
    this.#count.stop();
    this.#transfer.stop();
  }

  /** Connects, again if need be, and shows how that goes. Never rejects. */
  async connect(): Promise<void> {
    if (this.element.dataset.state === "connecting") return;
    const hadFocus = this.#alert.contains(document.activeElement);
    this.#show("connecting", "Connecting …");
    this.#alert.hidden = true;
    setText(this.#problem, "");
    // The button that was pressed is gone; the card's heading is the nearest place that makes sense.
    if (hadFocus) part(this.element, "title", HTMLElement).focus();
    try {
      const link = await this.#peer.connect((note) => this.#count.note(note));
      this.#use(link);
      link.closed.then(
        () => this.#lose(link, new CuttleError("remote_connection_closed", "the other side closed the connection")),
        (error: unknown) => this.#lose(link, error),
      );
    } catch (error) {
      this.#show("failed", "Not connected");
      this.#alarm(error);
    }
  }

  fail(link: Link, error: unknown): void {
    if (this.link !== link) return;
    // Whatever fails together with the connection is not worth a message of its own: it says why.
    if (CuttleError.is(error, "transport_lost", "remote_connection_closed", "local_closed")) return;
    this.#alarm(error);
  }

  #use(link: Link): void {
    this.link = link;
    this.#show("connected", `Connected · ${link.carrier} · remoc\u00a0${link.generation}`);
    this.#update();
  }

  #lose(link: Link, error: unknown): void {
    if (this.link !== link) return;
    this.link = undefined;
    this.#show("failed", "Disconnected");
    this.#alarm(error);
    this.#update();
    void link.close();
  }

  #update(): void {
    for (const panel of [this.#count, this.#transfer, this.#roundTrip, this.#stats]) panel.update();
  }

  #show(state: "connecting" | "connected" | "failed", text: string): void {
    this.element.dataset.state = state;
    setText(this.#state, text);
  }

  #alarm(error: unknown): void {
    this.#alert.hidden = false;
    const { code, message } = CuttleError.from(error, "bug", "the demo failed");
    setText(this.#problem, message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message);
    setText(part(this.element, "code", HTMLElement), code);
  }
}

/** Makes the ids of the template's copy its own, and what refers to them. */
function uniteIds(root: HTMLElement, suffix: string): void {
  for (const element of root.querySelectorAll("[id], [for], [aria-describedby], [aria-labelledby]")) {
    for (const name of ["id", "for", "aria-describedby", "aria-labelledby"]) {
      const value = element.getAttribute(name);
      if (value !== null) element.setAttribute(name, `${value}-${suffix}`);
    }
  }
  const label = root.getAttribute("aria-labelledby");
  if (label !== null) root.setAttribute("aria-labelledby", `${label}-${suffix}`);
}
