/** Puts a contract together: the traits that are asked for, and all types that they lead to, each before its users. */

import { basename } from "node:path";
import { CuttleError } from "../errors/error.ts";
import { childOf } from "./attribute.ts";
import { type Item, type Module, modulesOf, pathOf, readCrate } from "./crate.ts";
import { type Data, readData } from "./data.ts";
import { call, docComment, type Expression, flat, layOut } from "./expression.ts";
import { loadParser, type Parse, type Syntax } from "./grammar.ts";
import { Problems } from "./problems.ts";
import type { Said } from "./said.ts";
import { readTrait, remoteOf } from "./trait.ts";
import {
  associatedTypes,
  conditional,
  type Declarations,
  type Instance,
  parametersOf,
  type Scope,
  Types,
} from "./types.ts";

/** How to make a contract. */
export interface ContractOptions {
  /** What to declare: names of traits, structs and enums, or types such as `StoreClient<u32>`. Default: every remote trait. */
  readonly names?: readonly string[];
  /** Conditions of `cfg` that hold. */
  readonly cfg?: readonly string[];
}

/** What came of a Rust source. */
export interface Contract {
  /** The TypeScript module. Of no use when there are problems. */
  readonly text: string;
  /** What could not be read, `FILE:LINE:COLUMN: what`. */
  readonly problems: readonly string[];
  /** What is worth knowing. */
  readonly notes: readonly string[];
}

/** Reads the Rust source in `file` and the modules it declares. Rejects with the error of a file that cannot be read. */
export async function readContract(file: string, { names = [], cfg = [] }: ContractOptions = {}): Promise<Contract> {
  const parse = await loadParser();
  const problems = new Problems();
  const holding = new Set(cfg.map((one) => one.replace(/\s/g, "")));
  const crate = readCrate(file, { parse, problems, holding });
  const book = new Book(problems, parse, holding);
  if (names.length === 0) declareTraits(crate, book);
  for (const name of names) declareNamed(name, crate, book, parse);
  return { text: book.print(), problems: problems.lines, notes: problems.notes };
}

function declareTraits(crate: Module, book: Book): void {
  const all = modulesOf(crate).flatMap((module) => [...module.items.values()].flat());
  const traits = all.filter((item) => item.node.type === "trait_item" && remoteOf(item) !== undefined);
  const generic = traits.filter((item) => parameterNames(item).length > 0);
  for (const trait of traits) {
    if (trait.condition !== undefined) book.problems.add(trait, conditional(trait));
    if (!generic.includes(trait)) book.types.read(clientOf(trait, book.parse), scopeOf(trait.module));
  }
  for (const trait of generic) {
    if (book.hasUsed(trait)) continue;
    const example = `${trait.name}Client<${parameterNames(trait)
      .map(() => "u32")
      .join(", ")}>`;
    book.problems.add(
      trait,
      `${trait.name} is generic, and nothing here says for what; name what you need, such as '${example}'`,
    );
  }
  if (traits.length === 0 && book.problems.lines.length === 0) {
    throw new CuttleError("local_misuse", `there is no #[remoc::rtc::remote] trait in ${crate.file} and its modules`);
  }
}

function declareNamed(name: string, crate: Module, book: Book, parse: Parse): void {
  if (/^\w+$/.test(name)) {
    const found = modulesOf(crate).flatMap((module) => module.items.get(name) ?? []);
    const [item, ...others] = found.filter(({ node }) => DECLARED.includes(node.type));
    if (others.length > 0) {
      const paths = [item, ...others].map((one) => `${one && pathOf(one.module)}::${name}`);
      throw new CuttleError("local_misuse", `${name} is declared in several places; say which: ${paths.join(", ")}`);
    }
    if (item !== undefined) {
      const type = item.node.type === "trait_item" ? clientOf(item, parse) : typeNode(name, parse);
      if (type !== undefined) book.types.read(type, { ...scopeOf(item.module), file: name });
      return;
    }
  }
  const type = typeNode(name, parse);
  if (type === undefined) throw new CuttleError("local_misuse", `${name} is no type of Rust`);
  const before = book.problems.lines.length;
  book.types.read(type, { ...scopeOf(crate), file: name });
  if (book.problems.lines.length === before && book.isEmpty) {
    throw new CuttleError("local_misuse", `${name} needs no declaration`);
  }
}

const DECLARED = ["struct_item", "enum_item", "trait_item", "type_item"];

/** The name of a trait's client, as a type. */
function clientOf(trait: Item, parse: Parse): Syntax {
  return typeNode(`${trait.name}Client`, parse) as Syntax;
}

function typeNode(text: string, parse: Parse): Syntax | undefined {
  const root = parse(`type Named = ${text};`);
  return root.hasError ? undefined : (childOf(root, "type_item")?.childForFieldName("type") ?? undefined);
}

function scopeOf(module: Module): Scope {
  return { module, file: module.file, bound: new Map() };
}

function parameterNames(trait: Item): string[] {
  return [
    ...parametersOf(trait)
      .filter(({ isCodec }) => !isCodec)
      .map(({ name }) => name),
    ...associatedTypes(trait),
  ];
}

/** A declaration that has been begun. */
interface Entry {
  readonly name: string;
  readonly item: Item;
  isOpen: boolean;
  isRecursive: boolean;
  said: Said | undefined;
}

/** Keeps what has been declared, in the order in which TypeScript needs it. */
class Book implements Declarations {
  readonly problems: Problems;
  readonly parse: Parse;
  readonly types: Types;
  readonly #holding: ReadonlySet<string>;
  readonly #entries = new Map<string, Entry>();
  readonly #names = new Set<string>(RESERVED);
  readonly #opaque = new Map<string, string>();
  readonly #texts: string[] = [];
  /** What stands behind `import`. */
  readonly #imports = new Set<string>();

  constructor(problems: Problems, parse: Parse, holding: ReadonlySet<string>) {
    this.problems = problems;
    this.parse = parse;
    this.types = new Types(problems, this);
    this.#holding = holding;
  }

  get isEmpty(): boolean {
    return this.#texts.length === 0;
  }

  hasUsed(item: Item): boolean {
    return [...this.#entries.values()].some((entry) => entry.item === item);
  }

  data(instance: Instance): Said {
    const { entry, isNew } = this.#entry(instance, "");
    const { name } = entry;
    if (!isNew) {
      if (entry.isOpen) entry.isRecursive = true;
      return entry.said ?? { descriptor: lazy(name, name), type: name, label: name };
    }
    const data = readData(instance, name, { types: this.types, parse: this.parse, holding: this.#holding });
    entry.isOpen = false;
    this.#texts.push(this.#printData(entry, data));
    const { zero, nullable } = data;
    entry.said = {
      descriptor: name,
      type: name,
      label: name,
      ...(zero === undefined ? {} : { zero }),
      ...(nullable === undefined ? {} : { nullable }),
    };
    return entry.said;
  }

  client(instance: Instance): Said {
    const { name, isOpen } = this.#service(instance);
    const descriptor = isOpen ? lazy(`${name}Client`, `t.client(${name})`) : `t.client(${name})`;
    return { descriptor, type: `${name}Client`, label: `${name}Client` };
  }

  requests(instance: Instance): Said {
    const { name, isOpen } = this.#service(instance);
    // TypeScript cannot infer a service from itself, and there is no way to spell this out.
    if (isOpen) this.problems.add(instance.item, `${name} leads to its own request receiver, which cannot be declared`);
    const type = `Requests<(typeof ${name})["methods"]>`;
    return { descriptor: `t.requests(${name})`, type, label: `${name}Requests` };
  }

  opaque(label: string): string {
    const known = this.#opaque.get(label);
    if (known !== undefined) return known;
    const name = this.#name(
      label.replace(/\w+::/g, "").replace(/\W+(\w)?/g, (_, next?: string) => next?.toUpperCase() ?? ""),
      [],
    );
    this.#opaque.set(label, name);
    const docs = `Stands for Rust's ${label}, which never leaves its program. What is handed out from here extends it.`;
    this.#texts.push(`${docComment(docs)}export class ${name} {}\n`);
    return name;
  }

  print(): string {
    const names = [...this.#imports].sort((a, b) => importName(a).localeCompare(importName(b), "en"));
    return [`import { ${names.join(", ")} } from "cuttle";\n`, ...this.#texts].join("\n");
  }

  #service(instance: Instance): Entry {
    const { entry, isNew } = this.#entry(instance, "Client");
    const { name } = entry;
    if (!isNew) {
      if (entry.isOpen) entry.isRecursive = true;
      return entry;
    }
    const value = readTrait(instance, name, this.types, this.#holding);
    entry.isOpen = false;
    this.#use("service", "type ClientOf");
    const { docs } = entry.item;
    const client = entry.isRecursive
      ? `export interface ${name}Client extends ClientOf<typeof ${name}> {}`
      : `export type ${name}Client = ClientOf<typeof ${name}>;`;
    const text = layOut(value, `export const ${name} = `, "", ";\n");
    this.#useWordsOf(value);
    this.#texts.push(`${docComment(docs)}${text}\n${docComment(`Calls a {@link ${name}}.`)}${client}\n`);
    return entry;
  }

  #printData({ name, isRecursive, item }: Entry, data: Data): string {
    this.#useWordsOf(data.descriptor);
    const docs = docComment(item.docs);
    if (!isRecursive) {
      const value = layOut(data.descriptor, `export const ${name} = `, "", ";\n");
      return `${docs}${value}\n${docComment(`A value of {@link ${name}}.`)}export type ${name} = t.Infer<typeof ${name}>;\n`;
    }
    this.#useTypesOf(flat(data.type));
    const type =
      data.isInterface && typeof data.type !== "string"
        ? layOut({ ...data.type, isTall: true }, `export interface ${name} `, "", "\n")
        : layOut(data.type, `export type ${name} = `, "", ";\n");
    const value = layOut(data.descriptor, `export const ${name}: t.Descriptor<${name}> = `, "", ";\n");
    return `${docs}${type}\n${docComment(`Describes {@link ${name}}.`)}${value}`;
  }

  /** The entry of an instance; a new one is open. `suffix` is of another name that goes with it. */
  #entry(instance: Instance, suffix: string): { entry: Entry; isNew: boolean } {
    const { item, labels, scope } = instance;
    const args = [...scope.bound].map(
      ([name, bound]) => `${name}=${bound.kind === "type" ? flat(bound.said.descriptor) : JSON.stringify(bound)}`,
    );
    const key = `${pathOf(item.module)}::${item.name}<${args.join()}>`;
    const known = this.#entries.get(key);
    if (known !== undefined) return { entry: known, isNew: false };
    const codecs = [...scope.bound.values()].flatMap((bound) => (bound.kind === "codec" ? [bound.codec ?? ""] : []));
    const name = this.#name([item.name, ...labels, ...codecs].map(capital).join(""), modulePath(item.module), suffix);
    const entry: Entry = { name, item, isOpen: true, isRecursive: false, said: undefined };
    this.#entries.set(key, entry);
    return { entry, isNew: true };
  }

  /** A name that is not taken: the own one, else one with the modules in front of it, else one with a number. */
  #name(own: string, modules: readonly string[], suffix = ""): string {
    const candidates = [own, `${modules.map(capital).join("")}${own}`];
    for (let number = 2; ; number += 1) {
      const name = candidates.shift() ?? `${own}${number}`;
      if (this.#names.has(name) || this.#names.has(name + suffix)) continue;
      this.#names.add(name).add(name + suffix);
      return name;
    }
  }

  #use(...names: readonly string[]): void {
    for (const name of names) this.#imports.add(name);
  }

  #useWordsOf(expression: Expression): void {
    this.#use("t");
    const text = flat(expression);
    for (const [, codec = ""] of text.matchAll(/\{ codec: (\w+) \}/g)) this.#use(codec);
  }

  /** Types that are spelled out need what they name. */
  #useTypesOf(type: string): void {
    for (const [, channel = ""] of type.matchAll(/\b(\w+)\.(?:Sender|Receiver)\b/g)) this.#use(`type ${channel}`);
    for (const name of OWN_TYPES) if (new RegExp(`\\b${name}\\b`).test(type)) this.#use(`type ${name}`);
  }
}

/** For a type that is not there yet. */
function lazy(type: string, value: string): Expression {
  return call("t.lazy", `(): t.Descriptor<${type}> => ${value}`);
}

function modulePath(module: Module): string[] {
  return module.parent === undefined ? [basename(module.file, ".rs")] : [module.name];
}

function capital(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

function importName(name: string): string {
  return name.replace("type ", "");
}

/** Types of this library that stand in spelled-out types. */
const OWN_TYPES = [
  "CuttleError",
  "Handle",
  "Lazy",
  "LazyBlob",
  "RwLock",
  "ReadLock",
  "Requests",
  "VecSubscription",
  "VecDequeSubscription",
  "SetSubscription",
  "MapSubscription",
  "ListSubscription",
];

/** Names that a contract uses itself. */
const RESERVED = ["t", "service", "ClientOf", "Map", "Set", "Promise", "Record", "Uint8Array", ...OWN_TYPES];
