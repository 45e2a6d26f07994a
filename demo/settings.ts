import { part } from "./dom.ts";

/** What the person chose for all cards; read it when it is needed, it changes while things run. */
export interface Settings {
  /** How fast the page reads numbers. */
  readonly numbersPerSecond: number;
  readonly transferBytes: number;
  /** How fast the page sends or reads in a transfer. */
  readonly bytesPerSecond: number;
}

/** The settings as the controls in `root` show them. */
export function settingsIn(root: ParentNode): Settings {
  const pace = part(root, "number-pace", HTMLSelectElement);
  const size = part(root, "transfer-size", HTMLSelectElement);
  const speed = part(root, "transfer-pace", HTMLSelectElement);
  return {
    get numbersPerSecond() {
      return limit(pace);
    },
    get transferBytes() {
      return Number(size.value);
    },
    get bytesPerSecond() {
      return limit(speed);
    },
  };
}

function limit(select: HTMLSelectElement): number {
  return select.value === "none" ? Number.POSITIVE_INFINITY : Number(select.value);
}
