/** Types as they stand in fields, arguments and results. */

import { childOf, isComment, listed } from "./attribute.ts";
import { type Item, type Module, pathOf, plainName, segmentsOf } from "./crate.ts";
import { call } from "./expression.ts";
import type { Syntax } from "./grammar.ts";
import { type Arguments, CODECS, knownType, PRIMITIVES } from "./known.ts";
import type { Problems } from "./problems.ts";
import { list, nothing, type Said, tuple, unit } from "./said.ts";
import { type Found, find } from "./scope.ts";

/** What a parameter of a generic declaration stands for. */
export type Bound =
  | { readonly kind: "type"; readonly said: Said }
  | { readonly kind: "codec"; readonly codec: string | undefined }
  | { readonly kind: "number"; readonly text: string };

/** Where a type stands. */
export interface Scope {
  readonly module: Module;
  readonly file: string;
  /** By the names of the parameters, and `Self::Item` for associated types. */
  readonly bound: ReadonlyMap<string, Bound>;
}

/** A declaration with what its parameters stand for. */
export interface Instance {
  readonly item: Item;
  readonly scope: Scope;
  /** Of the parameters that are types and numbers, for its name. */
  readonly labels: readonly string[];
}

/** What becomes of the declarations that types lead to. */
export interface Declarations {
  data(instance: Instance): Said;
  client(instance: Instance): Said;
  requests(instance: Instance): Said;
  /** A class for objects that never leave their program; `label` is its Rust type. */
  opaque(label: string): string;
}

/** Reads types. */
export class Types {
  readonly problems: Problems;
  readonly #declarations: Declarations;

  constructor(problems: Problems, declarations: Declarations) {
    this.problems = problems;
    this.#declarations = declarations;
  }

  /** A type in TypeScript. What cannot be said is a problem. */
  read(node: Syntax, scope: Scope): Said {
    switch (node.type) {
      case "primitive_type":
        return PRIMITIVES.get(node.text) ?? this.refuse(node, scope, `there is no descriptor for ${node.text}`);
      case "unit_type":
        return unit;
      case "tuple_type":
        return tuple(partsOf(node).map((part) => this.read(part, scope)));
      case "array_type":
        return this.#array(node, scope);
      case "type_identifier":
      case "scoped_type_identifier":
        return this.#path(node, undefined, scope);
      case "generic_type": {
        const path = node.childForFieldName("type");
        const args = node.childForFieldName("type_arguments");
        return path === null || args === null ? nothing : this.#path(path, args, scope);
      }
      default:
        return this.refuse(node, scope, `${whatIs(node)} cannot be a value on the wire`);
    }
  }

  /** Tells a problem; stands in for the type. */
  refuse(node: Syntax, { file }: { readonly file: string }, what: string): Said {
    this.problems.add({ file, node }, what);
    return nothing;
  }

  /** What a declaration is with these arguments; `extra` are the associated types of a trait. */
  instance(item: Item, args: Syntax | undefined, scope: Scope, at: Syntax, extra: readonly string[] = []): Instance {
    const bound = new Map<string, Bound>();
    const inner: Scope = { module: item.module, file: item.file, bound };
    const labels: string[] = [];
    const given = args === undefined ? [] : partsOf(args).filter(({ type }) => type !== "lifetime");
    for (const parameter of parametersOf(item)) {
      const value = this.#bind(parameter, given.shift(), { scope, inner, at, item });
      bound.set(parameter.name, value);
      if (value.kind === "type") labels.push(value.said.label);
      if (value.kind === "number") labels.push(value.text);
    }
    for (const name of extra) {
      const arg = given.shift();
      const said =
        arg === undefined
          ? this.refuse(at, scope, `${item.name} needs its associated type ${name}`)
          : this.read(arg, scope);
      bound.set(`Self::${name}`, { kind: "type", said });
      labels.push(said.label);
    }
    for (const rest of given) {
      if (this.codecOf(rest, scope)?.codec !== undefined) this.refuse(rest, scope, "a codec cannot be chosen here");
    }
    return { item, scope: inner, labels };
  }

  /** The codec that a type is; undefined when it is none. */
  codecOf(node: Syntax, scope: Scope): { readonly codec: string | undefined } | undefined {
    const bound = scope.bound.get(node.text);
    if (bound !== undefined) return bound.kind === "codec" ? bound : undefined;
    if (node.type !== "type_identifier" && node.type !== "scoped_type_identifier") return undefined;
    const found = find(scope.module, segmentsOf(node));
    if (found?.kind !== "outside" || !CODECS.has(found.path)) return undefined;
    return { codec: CODECS.get(found.path) };
  }

  #bind(parameter: Parameter, given: Syntax | undefined, place: Place): Bound {
    const { scope, inner, at, item } = place;
    const codec = given === undefined ? undefined : this.codecOf(given, scope);
    if (parameter.isCodec || codec !== undefined) return { kind: "codec", codec: codec?.codec };
    if (parameter.isConst) {
      const text = given === undefined ? undefined : this.#number(given, scope);
      if (text === undefined) this.refuse(at, scope, `${item.name} needs a number for ${parameter.name}`);
      return { kind: "number", text: text ?? "0" };
    }
    if (given !== undefined) return { kind: "type", said: this.read(given, scope) };
    if (parameter.otherwise !== undefined) return { kind: "type", said: this.read(parameter.otherwise, inner) };
    return { kind: "type", said: this.refuse(at, scope, `${item.name} needs a type for ${parameter.name}`) };
  }

  #array(node: Syntax, scope: Scope): Said {
    const element = node.childForFieldName("element");
    const length = node.childForFieldName("length");
    if (element === null) return nothing;
    const of = this.read(element, scope);
    if (length === null) return list(of);
    const text = this.#number(length, scope);
    if (text === undefined) return this.refuse(length, scope, `the length ${length.text} is not known here`);
    return {
      descriptor: call("t.array", of.descriptor, text),
      type: `(${of.type})[]`,
      label: `Array${of.label}${text}`,
      as: { kind: "list", of },
    };
  }

  /** A number that stands in the source: a literal, a constant that is one, a parameter. */
  #number(node: Syntax, scope: Scope): string | undefined {
    const bound = scope.bound.get(node.text);
    if (bound?.kind === "number") return bound.text;
    if (node.type === "integer_literal") return node.text.replaceAll("_", "").replace(/[ui](8|16|32|64|128|size)$/, "");
    const found = find(scope.module, segmentsOf(node));
    const [item] = found?.kind === "items" ? found.items : [];
    const value = item?.node.type === "const_item" ? item.node.childForFieldName("value") : null;
    if (item === undefined || value === null || value.text === node.text) return undefined;
    return this.#number(value, { module: item.module, file: item.file, bound: new Map() });
  }

  #path(path: Syntax, args: Syntax | undefined, scope: Scope): Said {
    const name = path.text.replace(/\s+/g, " ").replace(/^<\s*Self as .*>\s*::\s*/, "Self::");
    const bound = scope.bound.get(name);
    if (bound?.kind === "type") return bound.said;
    if (bound !== undefined) return this.refuse(path, scope, `${name} is no type here`);
    if (name === "str") return PRIMITIVES.get("str") as Said;
    const found = find(scope.module, segmentsOf(path));
    if (found === undefined) return this.refuse(path, scope, unknown(path, scope.module));
    if (found.kind === "module") return this.refuse(path, scope, `${name} is a module`);
    if (found.kind === "items") return this.#declared(found, path, args, scope);
    if (found.path === HANDLE) return this.#handle(path, args, scope);
    const said = knownType(found.path, this.#arguments(args, scope));
    return said ?? this.refuse(path, scope, foreign(found.path));
  }

  #arguments(args: Syntax | undefined, scope: Scope): Arguments {
    const types: Said[] = [];
    let codec: string | undefined;
    for (const part of args === undefined ? [] : partsOf(args)) {
      // Sizes of buffers and limits of items are not part of the protocol.
      if (part.type === "lifetime" || part.type === "block" || part.type.endsWith("_literal")) continue;
      const own = this.codecOf(part, scope);
      if (own !== undefined) codec = own.codec;
      else if (!this.#isConstant(part, scope)) types.push(this.read(part, scope));
    }
    return { types, codec };
  }

  #isConstant(node: Syntax, scope: Scope): boolean {
    if (!node.type.endsWith("identifier")) return false;
    if (scope.bound.get(node.text)?.kind === "number") return true;
    const found = find(scope.module, segmentsOf(node));
    if (found?.kind === "items") return found.items[0]?.node.type === "const_item";
    return found?.kind === "outside" && /^remoc::(\w+::)*DEFAULT_[A-Z_]+$/.test(found.path);
  }

  /** `Handle<T>`: nothing of `T` is ever sent, so it may be anything. */
  #handle(path: Syntax, args: Syntax | undefined, scope: Scope): Said {
    const [of] = args === undefined ? [] : partsOf(args);
    if (of === undefined) return this.refuse(path, scope, "Handle needs the type of its object");
    const name = this.#declarations.opaque(of.text);
    return { descriptor: call("t.handle", name), type: `Handle<${name}>`, label: `Handle${name}` };
  }

  #declared(found: Found & { kind: "items" }, path: Syntax, args: Syntax | undefined, scope: Scope): Said {
    const [item, ...others] = found.items;
    if (item === undefined) return nothing;
    if (others.length > 0) {
      const lines = found.items.map(({ node }) => node.startPosition.row + 1);
      return this.refuse(
        path,
        scope,
        `${item.name} is declared more than once, in lines ${lines.join(", ")} of ${item.file}`,
      );
    }
    if (item.condition !== undefined) this.problems.add(item, conditional(item));
    switch (item.node.type) {
      case "type_item": {
        const aliased = item.node.childForFieldName("type");
        return aliased === null ? nothing : this.read(aliased, this.instance(item, args, scope, path).scope);
      }
      case "struct_item":
      case "enum_item":
        return this.#declarations.data(this.instance(item, args, scope, path));
      case "trait_item": {
        if (found.made === undefined)
          return this.refuse(path, scope, `${item.name} is a trait, of which no value can be sent`);
        const instance = this.instance(item, args, scope, path, associatedTypes(item));
        return found.made === "Client" ? this.#declarations.client(instance) : this.#declarations.requests(instance);
      }
      default:
        return this.refuse(path, scope, `${item.name} is ${whatIs(item.node)}, no type that can be sent`);
    }
  }
}

interface Place {
  readonly scope: Scope;
  readonly inner: Scope;
  readonly at: Syntax;
  readonly item: Item;
}

/** A parameter of a generic declaration. */
interface Parameter {
  readonly name: string;
  readonly isCodec: boolean;
  readonly isConst: boolean;
  readonly otherwise: Syntax | undefined;
}

/** The parameters of a declaration, without lifetimes. */
export function parametersOf({ node, attributes }: Item): Parameter[] {
  const all = node.childForFieldName("type_parameters")?.namedChildren ?? [];
  const where = childOf(node, "where_clause")?.text ?? "";
  const bounds = listed(attributes, "serde").flatMap(({ path, value, list = [] }) =>
    path === "bound" ? [value ?? "", ...list.map((one) => one.value ?? "")] : [],
  );
  return all
    .filter(({ type }) => type === "type_parameter" || type === "const_parameter")
    .map((parameter) => {
      const name = parameter.childForFieldName("name")?.text ?? "";
      const own = parameter.childForFieldName("bounds")?.text ?? "";
      const otherwise = parameter.childForFieldName("default_type") ?? undefined;
      const bound = new RegExp(`(?<![\\w:])${name}\\s*:[^:,][^,]*\\bCodec\\b`);
      const isCodec =
        /\bCodec\b/.test(own) ||
        [where, ...bounds].some((text) => bound.test(text)) ||
        otherwise?.text.endsWith("codec::Default") === true;
      return { name, isCodec, isConst: parameter.type === "const_parameter", otherwise };
    });
}

/** The names of the associated types of a trait. */
export function associatedTypes({ node }: Item): string[] {
  const body = node.childForFieldName("body");
  const types = body?.namedChildren.filter(({ type }) => type === "associated_type") ?? [];
  return types.map((one) => one.childForFieldName("name")?.text ?? "");
}

/** What a condition that is not known means for whoever needs the declaration. */
export function conditional({ name, condition }: Item): string {
  return `${name} is there only under cfg(${condition}); say --cfg '${condition}' if that holds`;
}

function partsOf(node: Syntax): Syntax[] {
  return node.namedChildren.filter((part) => !isComment(part));
}

function unknown(path: Syntax, module: Module): string {
  const name = plainName(path.text);
  const macro = module.macros[0];
  const hint =
    macro === undefined ? "" : `; macros are not expanded, such as the one in line ${macro.startPosition.row + 1}`;
  return `${name} is not declared in ${pathOf(module)}, nor brought in by a use${hint}`;
}

function foreign(path: string): string {
  if (/^remoc::robs::\w+::(Observable|Mirrored)/.test(path))
    return `${path} cannot be sent, in Rust neither: a subscription to it can`;
  if (path === "remoc::rch::broadcast::Sender") return `${path} cannot be sent, in Rust neither`;
  return `${path} is of another crate, and it or its arguments have no descriptor here`;
}

function whatIs({ type }: Syntax): string {
  return WORDS[type] ?? `"${type}"`;
}

const WORDS: Readonly<Record<string, string>> = {
  reference_type: "a reference",
  pointer_type: "a pointer",
  abstract_type: "an impl",
  dynamic_type: "a dyn",
  function_type: "a function pointer",
  never_type: "the type !",
  macro_invocation: "what a macro makes",
  union_item: "a union",
  const_item: "a constant",
  function_item: "a function",
};

const HANDLE = "remoc::robj::handle::Handle";
