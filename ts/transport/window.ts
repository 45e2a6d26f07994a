import { CuttleError } from "../errors/error.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { closedBeforeOpenError, startedTwiceError } from "./delivery.ts";
import { type EventTargetLike, Listeners } from "./listen.ts";
import { type MessagePortTransportOptions, messagePortTransport } from "./message-port.ts";
import type { Transport, TransportSink } from "./transport.ts";

/** The part of another page's `Window` that is used; it may be of another origin. */
export interface OtherWindow {
  // biome-ignore lint/suspicious/noExplicitAny: DOM's own declaration.
  postMessage(message: any, targetOrigin: string, transfer?: Transferable[]): void;
  /** True for a popup that was closed and a frame that was removed. */
  readonly closed?: boolean;
}

/** Options of {@link windowTransport}. */
export interface WindowTransportOptions extends Omit<MessagePortTransportOptions, "closePort" | "starter"> {
  /**
   * Where the page in the other window must come from, such as `"https://app.example"`; one of these when there are
   * several. A sandboxed frame and a `data:` page have the origin `"null"`, which needs an entry of its own.
   */
  origin?: string | readonly string[];
  /**
   * Connects to a page from anywhere, in place of `origin`. Only for what any page in the world may know and do: whoever
   * embeds this page, or is embedded, is talked to.
   */
  unsafeAnyOrigin?: boolean;
  /** Tells several connections between the same two windows apart; both sides give the same. Default `""`. */
  name?: string;
}

/**
 * A transport to the page in another window: a frame (`iframe.contentWindow`), the page around this one (`parent`), a
 * popup (what `window.open` returned) or who opened this one (`opener`). Both sides make one, in any order, and each
 * names the origin that it expects. Everything else then goes through a port of their own. Make it when the page starts:
 * a page that has not made its own cannot be met.
 *
 * `start()` rejects with `transport_connect` when the page in the other window has another origin, on both sides, or the
 * window is closed. Throws `local_misuse` without an origin, and outside of a window.
 *
 * ```ts
 * const api = await consume<Widget>(windowTransport(frame.contentWindow, { origin: "https://widget.example" }));
 * ```
 */
export function windowTransport(window: OtherWindow | null, options: WindowTransportOptions): Transport {
  if (window === null || window === undefined) {
    throw new CuttleError("local_misuse", "there is no window: a popup was blocked, or a frame is not in the page");
  }
  if (window === (globalThis as unknown) || typeof document === "undefined") {
    throw new CuttleError("local_misuse", "windowTransport() needs another window than this one, and a page to be in");
  }
  return new WindowTransport(window, options);
}

/** How often to look whether the other window is closed; a browser tells nobody. */
const LOOK_MS = 500;

class WindowTransport implements Transport {
  readonly kind = "window";
  readonly gathers = true;
  readonly bounded = true;
  readonly attaches = true;
  readonly #window: OtherWindow;
  readonly #options: WindowTransportOptions;
  readonly #meeting: Meeting;
  #startCalled = false;
  /** Over the port of the two windows, once they have met. */
  #inner: Transport | undefined;
  #looking: ReturnType<typeof setInterval> | undefined;

  constructor(window: OtherWindow, options: WindowTransportOptions) {
    this.#window = window;
    this.#options = options;
    this.#meeting = new Meeting(window, allowedOrigins(options), options.name ?? "");
  }

  async start(sink: TransportSink): Promise<void> {
    if (this.#startCalled) throw startedTwiceError(this.kind);
    this.#startCalled = true;
    this.#looking = setInterval(() => this.#look(sink), LOOK_MS);
    try {
      this.#inner = messagePortTransport(await this.#meeting.port, this.#options);
      await this.#inner.start({
        frame: (frame, attached) => sink.frame(frame, attached),
        writable: () => sink.writable(),
        ended: (end) => {
          clearInterval(this.#looking);
          sink.ended(end);
        },
        failed: (error) => {
          clearInterval(this.#looking);
          sink.failed(error);
        },
      });
    } catch (error) {
      clearInterval(this.#looking);
      throw error;
    }
  }

  capacity(): number {
    return this.#inner?.capacity() ?? 0;
  }

  send(frame: Uint8Array): void {
    this.#inner?.send(frame);
  }

  give(frame: Uint8Array<ArrayBuffer>, attached?: readonly Uint8Array<ArrayBuffer>[]): void {
    this.#inner?.give?.(frame, attached);
  }

  flush(): void {}

  close(): void {
    clearInterval(this.#looking);
    this.#meeting.fail(closedBeforeOpenError(this.kind));
    this.#inner?.close();
  }

  #look(sink: TransportSink): void {
    if (this.#window.closed !== true) return;
    clearInterval(this.#looking);
    this.#meeting.fail(new CuttleError("transport_connect", "the other window was closed before its page connected"));
    if (this.#inner === undefined) return;
    this.#inner.close();
    sink.ended({ reason: "the other window was closed" });
  }
}

/** What the pages tell each other before they have a port; everything else on a window is not for us. */
interface Greeting {
  readonly cuttle: "window";
  readonly name: string;
  /** Random, of one transport in one page. */
  readonly from: string;
  /** The transport that is answered; a greeting for another one is of a page that is gone. */
  readonly to?: string;
  /** The page that is answered has an origin that is not allowed. */
  readonly refused?: true;
}

/**
 * Two pages finding each other. Each greets when it starts, so the one that came first hears the other one. A greeting
 * is answered once, by a greeting to whoever sent it: that page is welcome. When both have said so, the one with the
 * greater id makes the channel and hands over a port.
 *
 * Law: nothing but greetings, which say only that somebody is here, leaves before the other page's origin is known, and
 * the port goes to that origin alone.
 */
class Meeting {
  readonly #window: OtherWindow;
  readonly #origins: readonly string[] | "any";
  readonly #name: string;
  readonly #id = randomId();
  readonly #listeners = new Listeners();
  readonly #port: Deferred<MessagePort> = deferred();
  /** Whose greeting was answered last. */
  #answered: string | undefined;

  constructor(window: OtherWindow, origins: readonly string[] | "any", name: string) {
    this.#window = window;
    this.#origins = origins;
    this.#name = name;
    this.#listeners.onTarget(globalThis as unknown as EventTargetLike, "message", (event: MessageEvent) =>
      this.#onMessage(event),
    );
    // Whoever is there may hear this; from where it is looked at, it says who is here.
    this.#greet({}, "*");
  }

  /** This side's end of the channel; rejects with why there is none. */
  get port(): Promise<MessagePort> {
    return this.#port.promise;
  }

  /** Gives up, unless they have met. */
  fail(error: CuttleError): void {
    this.#listeners.removeAll();
    this.#port.reject(error);
  }

  /** Only what a browser delivered counts, from this very window. */
  #onMessage(event: MessageEvent): void {
    if (!event.isTrusted || event.source !== (this.#window as unknown)) return;
    const greeting = readGreeting(event.data);
    if (greeting === undefined || greeting.name !== this.#name || greeting.from === this.#id) return;
    if (greeting.to !== undefined && greeting.to !== this.#id) return;
    const { origin, ports } = event;
    if (this.#origins !== "any" && !this.#origins.includes(origin)) this.#refuse(greeting, event);
    else if (greeting.refused === true) this.fail(refusedError(origin));
    else if (ports[0] !== undefined) this.#met(ports[0]);
    else this.#answer(greeting, origin);
  }

  #answer({ from, to }: Greeting, origin: string): void {
    if (this.#answered !== from) {
      this.#answered = from;
      this.#greet({ to: from }, targetOrigin(origin));
    }
    if (to === undefined || from > this.#id) return;
    const { port1, port2 } = new MessageChannel();
    this.#greet({ to: from }, targetOrigin(origin), [port2]);
    this.#met(port1);
  }

  #met(port: MessagePort): void {
    this.#listeners.removeAll();
    this.#port.resolve(port);
  }

  #refuse({ from, refused }: Greeting, { origin, ports }: MessageEvent): void {
    for (const port of ports) port.close();
    if (refused !== true) this.#greet({ to: from, refused: true }, targetOrigin(origin));
    this.fail(wrongOriginError(origin, this.#origins));
  }

  #greet(more: Partial<Greeting>, target: string, ports: Transferable[] = []): void {
    const greeting: Greeting = { cuttle: "window", name: this.#name, from: this.#id, ...more };
    this.#window.postMessage(greeting, target, ports);
  }
}

/** A greeting, checked; data of a message that a browser delivered has no getters. */
function readGreeting(data: unknown): Greeting | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { cuttle, name, from, to, refused } = data as Record<string, unknown>;
  if (cuttle !== "window" || typeof name !== "string" || typeof from !== "string") return undefined;
  if (to !== undefined && typeof to !== "string") return undefined;
  return {
    cuttle,
    name,
    from,
    ...(to === undefined ? {} : { to }),
    ...(refused === true ? { refused } : {}),
  };
}

function allowedOrigins({ origin, unsafeAnyOrigin = false }: WindowTransportOptions): readonly string[] | "any" {
  if (unsafeAnyOrigin && origin === undefined) return "any";
  const origins = typeof origin === "string" ? [origin] : (origin ?? []);
  const wrong = origins.find((one) => !isOrigin(one));
  if (!unsafeAnyOrigin && origins.length > 0 && wrong === undefined) return origins;
  throw new CuttleError(
    "local_misuse",
    `windowTransport() needs the origin of the page in the other window, got ${JSON.stringify(wrong ?? origin)}. ` +
      'Write scheme, host and port, without a path and without patterns: { origin: "https://app.example" }. ' +
      "To talk to any page there is unsafeAnyOrigin, in place of origin",
  );
}

/** Law: an origin is what `event.origin` may be, compared whole. */
function isOrigin(text: unknown): boolean {
  return text === "null" || (typeof text === "string" && URL.canParse(text) && new URL(text).origin === text);
}

/** Opaque origins cannot be named; then the window alone decides who gets it. */
function targetOrigin(origin: string): string {
  return origin === "null" ? "*" : origin;
}

function randomId(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(16).padStart(8, "0")).join("");
}

function wrongOriginError(origin: string, allowed: readonly string[] | "any"): CuttleError {
  return new CuttleError(
    "transport_connect",
    `the page in the other window comes from ${JSON.stringify(origin)}, and ${JSON.stringify(allowed)} was expected. ` +
      "Nothing was sent to it. Correct the option origin, or what is loaded there",
    { data: { origin } },
  );
}

function refusedError(origin: string): CuttleError {
  return new CuttleError(
    "transport_connect",
    `the page in the other window (${origin}) does not expect a page from ${JSON.stringify(location.origin)}. ` +
      "Its option origin must name this one",
    { data: { origin } },
  );
}
