/** Remote traits. */

import { type Annotated, annotated, childOf, listed, type Meta } from "./attribute.ts";
import { type Item, plainName } from "./crate.ts";
import { call, type Expression, object, type Part } from "./expression.ts";
import { type FieldsOf, isLeftOut, readField } from "./fields.ts";
import type { Syntax } from "./grammar.ts";
import type { Said } from "./said.ts";
import { find } from "./scope.ts";
import { type FieldRules, fieldRules } from "./serde.ts";
import type { Instance, Types } from "./types.ts";

/** The `#[remoc::rtc::remote]` of a trait, if it has one. */
export function remoteOf({ attributes, module }: Item): Meta | undefined {
  return attributes.find(({ path }) => {
    const found = find(module, path.split("::"));
    return found?.kind === "outside" && found.path === "remoc::rtc::remote";
  });
}

/** Reads a remote trait; `name` is its name in TypeScript. */
export function readTrait(instance: Instance, name: string, types: Types, holding: ReadonlySet<string>): Expression {
  const { item, scope } = instance;
  const remote = remoteOf(item);
  if (remote === undefined)
    types.problems.add(item, `${item.name} is no remote trait: it has no #[remoc::rtc::remote]`);
  for (const { path, node } of remote?.list ?? []) {
    if (!ARGUMENTS.includes(path.toLowerCase())) types.refuse(node, item, `remote(${path}) is not known here`);
  }
  const of: FieldsOf = { types, scope, renameAll: undefined, isDefaulted: false, holding };
  const body = item.node.childForFieldName("body");
  const all = (body === null ? [] : annotated(body)).filter(({ node }) => METHODS.includes(node.type));
  const methods = all.flatMap((one) => {
    const method = readMethod(one, of);
    return method === undefined ? [] : [method];
  });
  for (const { node } of body === null ? [] : annotated(body)) {
    if (![...METHODS, "associated_type", "ERROR"].includes(node.type))
      types.refuse(node, item, "only methods and types can stand in a remote trait");
  }
  const kinds = methods.map(({ kind }) => kind);
  const clones = remote?.list?.some(({ path }) => path === "clone") === true;
  const options = clones && kinds.includes("&mut self") && !kinds.includes("self") ? ["{ clone: true }"] : [];
  return call("service", JSON.stringify(name), object(methods.map(({ part }) => part)), ...options);
}

interface MethodOf {
  readonly kind: string;
  readonly part: Part;
}

function readMethod(one: Annotated, of: FieldsOf): MethodOf | undefined {
  const { types, scope } = of;
  const { node } = one;
  const name = plainName(node.childForFieldName("name")?.text ?? "");
  if (isLeftOut(one, name, of)) return undefined;
  const parameters = node.childForFieldName("parameters");
  const [self, ...args] = parameters === null ? [] : annotated(parameters);
  const kind = self === undefined ? undefined : kindOf(self.node);
  const generics = node.childForFieldName("type_parameters");
  if (generics !== null)
    types.refuse(generics, scope, `${name} has parameters of its own, which a remote method cannot have`);
  if (kind === undefined) {
    types.refuse(node, scope, `${name} takes neither self nor &self nor &mut self`);
    return undefined;
  }
  const returned = readReturned(node, name, of);
  const rules = fieldRules({ attributes: one.attributes, file: scope.file, problems: types.problems });
  const parts = args.flatMap((arg) => readArgument(arg, name, { ...of, renameAll: rules.renameAll }));
  const { part } = parts.length === 0 ? { part: "{}" } : { part: object(parts) };
  const error = returned.error === undefined ? [] : [returned.error];
  const options = methodOptions(one, name, rules, of);
  const optional = options.length === 0 ? error : [error[0] ?? "undefined", object(options)];
  const value = call("t.method", JSON.stringify(kind), part, returned.ok, ...optional);
  return { kind, part: { key: name === "then" ? "andThen" : name, docs: docsOf(one, args), value } };
}

function methodOptions({ attributes, node }: Annotated, name: string, rules: FieldRules, of: FieldsOf): Part[] {
  const { types, scope } = of;
  const options: Part[] = [];
  if (name === "then") options.push({ key: "name", value: '"then"' });
  if (rules.rename !== undefined) options.push({ key: "variant", value: JSON.stringify(rules.rename) });
  if ((rules.rename ?? rules.renameAll) !== undefined) {
    const what = `remoc before 0.20 ignores serde's attributes on methods: there ${name} cannot be called`;
    types.problems.note({ file: scope.file, node }, what);
  }
  const others = listed(attributes, "serde").filter(({ path }) => !["rename", "rename_all", "alias"].includes(path));
  for (const { path, node } of others) types.refuse(node, scope, `serde's ${path} on a method is not known here`);
  if (attributes.some(({ path }) => path === "no_cancel")) options.push({ key: "noCancel", value: "true" });
  if (attributes.some(({ path }) => path === "pipelinable")) options.push({ key: "pipelinable", value: "true" });
  return options;
}

/** How a method takes its target. */
function kindOf(node: Syntax): "self" | "&self" | "&mut self" | undefined {
  if (node.type !== "self_parameter") return undefined;
  if (!node.text.startsWith("&")) return "self";
  return childOf(node, "mutable_specifier") === undefined ? "&self" : "&mut self";
}

function readArgument(one: Annotated, method: string, of: FieldsOf): Part[] {
  const pattern = one.node.childForFieldName("pattern");
  const type = one.node.childForFieldName("type");
  if (pattern?.type !== "identifier" || type === null) {
    of.types.refuse(one.node, of.scope, `an argument of ${method} has no name`);
    return [];
  }
  const field = readField(one, plainName(pattern.text), type, of);
  return field === undefined ? [] : [{ key: field.part.key, value: field.part.value }];
}

/** The docs of a method, and those of its arguments below them. */
function docsOf(one: Annotated, args: readonly Annotated[]): string {
  const lines = args.flatMap((arg) => {
    const name = plainName(arg.node.childForFieldName("pattern")?.text ?? "");
    return arg.docs === "" ? [] : [`@param ${name} ${arg.docs.replaceAll("\n", " ")}`];
  });
  return [...(one.docs === "" ? [] : [one.docs]), ...(lines.length > 0 && one.docs !== "" ? [""] : []), ...lines].join(
    "\n",
  );
}

/** The result of a method and its error, undefined when that is remoc's own. */
function readReturned(
  node: Syntax,
  name: string,
  { types, scope }: FieldsOf,
): { ok: Expression; error: Expression | undefined } {
  const none = { ok: "t.unit", error: undefined };
  const type = node.childForFieldName("return_type");
  const returned = type === null ? undefined : resultNode(node, type);
  if (returned === undefined) {
    types.refuse(node, scope, `${name} is neither async nor does it return an impl Future<Output = Result<…>>`);
    return none;
  }
  const said: Said = types.read(returned, scope);
  if (said.as?.kind !== "result") {
    types.refuse(returned, scope, `${name} does not return a Result`);
    return none;
  }
  const { ok, err } = said.as;
  return { ok: ok.descriptor, error: err.descriptor === "t.callError" ? undefined : err.descriptor };
}

/** What a method returns when it is awaited. */
function resultNode(method: Syntax, type: Syntax): Syntax | undefined {
  const isAsync = childOf(method, "function_modifiers")?.text.includes("async") === true;
  if (isAsync) return type;
  const output = type
    .descendantsOfType("type_binding")
    .find((one) => one?.childForFieldName("name")?.text === "Output");
  const isFuture = type.descendantsOfType("abstract_type").some((one) => one !== null && FUTURE.test(one.text));
  return isFuture ? (output?.childForFieldName("type") ?? undefined) : undefined;
}

const FUTURE = /^impl\s+(?:::)?(?:\w+::)*Future\s*</;
const METHODS = ["function_item", "function_signature_item"];
const ARGUMENTS = ["clone", "async_trait", "debug", "server", "tracing"];
