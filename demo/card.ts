import { CuttleError } from "../ts/index.ts";
import { CountPanel } from "./count-panel.ts";
import { part, setText } from "./dom.ts";
import type { Link, OnNote, Traffic } from "./links.ts";
import type { PanelHost } from "./panel.ts";
import { RoundTripPanel } from "./round-trip-panel.ts";
import type { Settings } from "./settings.ts";
import { StatsPanel } from "./stats-panel.ts";
import { Status } from "./status.ts";
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
  readonly #status: Status;
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
    this.#status = new Status(this.element, () => void this.connect());
    this.#count = new CountPanel(this.element, this);
    this.#transfer = new TransferPanel(this.element, this);
    this.#roundTrip = new RoundTripPanel(this.element, this);
    this.#stats = new StatsPanel(this.element, this);
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
    if (this.#status.state === "connecting") return;
    this.#status.show("connecting", "Connecting …");
    this.#status.calm();
    try {
      const link = await this.#peer.connect((note) => this.#count.note(note));
      this.#use(link);
      link.closed.then(
        () => this.#lose(link, new CuttleError("remote_connection_closed", "the other side closed the connection")),
        (error: unknown) => this.#lose(link, error),
      );
    } catch (error) {
      this.#status.show("failed", "Not connected");
      this.#status.alarm(error);
    }
  }

  fail(link: Link, error: unknown): void {
    if (this.link !== link) return;
    // Whatever fails together with the connection is not worth a message of its own: it says why.
    if (CuttleError.is(error, "transport_lost", "remote_connection_closed", "local_closed")) return;
    this.#status.alarm(error);
  }

  #use(link: Link): void {
    this.link = link;
    this.#status.show("connected", `Connected · ${link.carrier} · remoc\u00a0${link.generation}`);
    this.#update();
  }

  #lose(link: Link, error: unknown): void {
    if (this.link !== link) return;
    this.link = undefined;
    this.#status.show("failed", "Disconnected");
    this.#status.alarm(error);
    this.#update();
    void link.close();
  }

  #update(): void {
    for (const panel of [this.#count, this.#transfer, this.#roundTrip, this.#stats]) panel.update();
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
