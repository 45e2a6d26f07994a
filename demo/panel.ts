import type { Link, Traffic } from "./links.ts";
import type { Settings } from "./settings.ts";

/** What the panels of a card share. */
export interface PanelHost {
  /** Undefined while there is no connection. */
  readonly link: Link | undefined;
  readonly settings: Settings;
  /** Set by the transfer panel, for whoever measures beside it. */
  traffic: Traffic;
  /** Shows what went wrong on `link`; late news of an earlier link are ignored. */
  fail(link: Link, error: unknown): void;
}
