/** Expressions and types of TypeScript, laid out as a formatter would. */

/** Text, or something between brackets whose parts may stand on lines of their own. */
export type Expression = string | Brackets;

/** `open part, part close`. */
export interface Brackets {
  readonly open: string;
  readonly parts: readonly Part[];
  readonly close: string;
  /** Between the parts; `,` for values, `;` for members of a type. */
  readonly separator: "," | ";";
  /** Whether the parts always stand on lines of their own. */
  readonly isTall?: boolean;
}

/** A part, with its key in an object and its docs. */
export interface Part {
  readonly key?: string;
  readonly docs?: string;
  readonly value: Expression;
}

/** A call. */
export function call(name: string, ...args: readonly Expression[]): Expression {
  return { open: `${name}(`, parts: args.map((value) => ({ value })), close: ")", separator: "," };
}

/** An array, or a tuple type. */
export function array(items: readonly Expression[]): Expression {
  return { open: "[", parts: items.map((value) => ({ value })), close: "]", separator: "," };
}

/** An object. */
export function object(parts: readonly Part[]): Expression {
  return parts.length === 0 ? "{}" : { open: "{", parts, close: "}", separator: "," };
}

/** The type of an object. */
export function objectType(parts: readonly Part[]): Brackets | string {
  return parts.length === 0 ? "Record<never, never>" : { open: "{", parts, close: "}", separator: ";" };
}

/** On one line. */
export function flat(expression: Expression): string {
  if (typeof expression === "string") return expression;
  const { open, parts, close, separator } = expression;
  const space = open.endsWith("{") ? " " : "";
  return `${open}${space}${parts.map((part) => `${keyOf(part)}${flat(part.value)}`).join(`${separator} `)}${space}${close}`;
}

/** As many lines as it takes to stay within the width; `before` stands in front of it on its first line. */
export function layOut(expression: Expression, before = "", indent = "", after = ""): string {
  if (typeof expression === "string") return `${before}${expression}${after}`;
  const line = `${before}${flat(expression)}${after}`;
  if (indent.length + line.length <= WIDTH && !hasDocs(expression)) return line;
  const { open, parts, close, separator } = expression;
  const last = parts.at(-1);
  const first = `${before}${open}${parts
    .slice(0, -1)
    .map(({ value }) => `${flat(value)}, `)
    .join("")}`;
  if (last !== undefined && open.endsWith("(") && canHug(parts, indent.length + first.length)) {
    return layOut(last.value, first, indent, `${close}${after}`);
  }
  const inner = `${indent}  `;
  const lines = parts.map((part) => {
    return `${docComment(part.docs, inner)}${inner}${layOut(part.value, keyOf(part), inner, separator)}\n`;
  });
  return `${before}${open}\n${lines.join("")}${indent}${close}${after}`;
}

/** Whether only the last argument of a call needs lines of its own, when what is before it takes this much. */
function canHug(parts: readonly Part[], length: number): boolean {
  const last = parts.at(-1)?.value;
  if (typeof last !== "object" || !/[{[]$/.test(last.open)) return false;
  return length < WIDTH && !parts.slice(0, -1).some(({ value }) => hasDocs(value));
}

function hasDocs(expression: Expression): boolean {
  if (typeof expression === "string") return false;
  return (
    expression.isTall === true || expression.parts.some(({ docs, value }) => (docs ?? "") !== "" || hasDocs(value))
  );
}

/** JSDoc, with its newline; nothing without docs. */
export function docComment(docs: string | undefined, indent = ""): string {
  if (docs === undefined || docs === "") return "";
  const lines = docs.replaceAll("*/", "*\\/").split("\n");
  if (lines.length === 1 && indent.length + docs.length + 7 <= WIDTH) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
}

/** A key of an object; the one that an object literal takes for its prototype stands in brackets. */
export function propertyKey(name: string): string {
  if (name === "__proto__") return '["__proto__"]';
  return /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name) ? name : JSON.stringify(name);
}

function keyOf({ key }: Part): string {
  return key === undefined ? "" : `${propertyKey(key)}: `;
}

const WIDTH = 120;
