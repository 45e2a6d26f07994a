import { read } from "./examples.ts";

/** A step of the walk in ARCHITECTURE.md. */
export interface Step {
  readonly number: number;
  readonly file: string;
  readonly names: readonly string[];
  /** The function was entered before and goes on. */
  readonly goesOn: boolean;
}

/** The text of ARCHITECTURE.md from a heading of the second level to the next one. */
export function part(title: string): string {
  const found = read("ARCHITECTURE.md")
    .split(/^## /m)
    .find((one) => one.startsWith(`${title}\n`));
  if (found === undefined) throw new Error(`no part "${title}"`);
  return found;
}

/** The names in backticks of a text. */
export function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
}

/** The steps of the walk, in order. */
export function walkSteps(): Step[] {
  const steps = part("A walk of one message").matchAll(/^(\d+)\. `([^`]+)` ([^:]+): /gm);
  return [...steps].map(([, number, file = "", names = ""]) => ({
    number: Number(number),
    file,
    names: quoted(names),
    goesOn: names.includes("(goes on)"),
  }));
}

/** The line, from 0, at which the body of a function or method of a TypeScript source begins; -1 when there is none. */
export function lineOf(source: string, name: string): number {
  const escaped = name.replaceAll(/[$#]/g, "\\$&");
  const method = `^ {2}(?: {2})?(?:async |static |get |protected |override )*${escaped}(?:<[^>\\n]*>)?\\([^;]{0,300}?\\{$`;
  const found = new RegExp(`^(?:export )?(?:async )?function ${escaped}\\b[\\s\\S]{0,600}?\\{$|${method}`, "m").exec(
    source,
  );
  return found === null ? -1 : source.slice(0, found.index + found[0].length).split("\n").length;
}
