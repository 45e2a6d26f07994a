/** Structs and enums. */

import { type Annotated, annotated, childOf } from "./attribute.ts";
import { plainName } from "./crate.ts";
import { enumForm, type Variant } from "./enum.ts";
import { call, type Expression, flat, object, objectType, type Part } from "./expression.ts";
import { type Field, type FieldsOf, isLeftOut, keyOf, readField, readWith } from "./fields.ts";
import type { Parse, Syntax } from "./grammar.ts";
import type { Said } from "./said.ts";
import { type ContainerRules, containerRules, derives, derivesSerde, fieldRules, renamed } from "./serde.ts";
import type { Instance, Types } from "./types.ts";

/** A declaration in TypeScript. */
export interface Data {
  readonly descriptor: Expression;
  /** The type of its values, spelled out. */
  readonly type: Expression;
  readonly isInterface: boolean;
  readonly zero?: string;
  readonly nullable?: boolean;
}

/** What reading declarations needs. */
export interface DataOptions {
  readonly types: Types;
  readonly parse: Parse;
  readonly holding: ReadonlySet<string>;
}

/** Reads a struct or an enum; `name` is its name in TypeScript. */
export function readData(instance: Instance, name: string, options: DataOptions): Data {
  const { item, scope } = instance;
  const { problems } = options.types;
  if (!derivesSerde(item.attributes)) {
    problems.add(
      item,
      `${item.name} does not derive Serialize and Deserialize, so how it looks on the wire is not known`,
    );
  }
  const rules = containerRules({ attributes: item.attributes, file: item.file, problems });
  if (rules.proxy !== undefined) return readProxy(rules.proxy, instance, options);
  const fields: FieldsOf = {
    types: options.types,
    scope,
    renameAll: item.node.type === "enum_item" ? rules.renameAllFields : rules.renameAll,
    isDefaulted: rules.default === true && derives(item.attributes, "Default"),
    holding: options.holding,
  };
  if (rules.default !== undefined && !fields.isDefaulted) {
    problems.note(item, `only Rust knows the defaults of ${item.name}: here every field must always be given`);
  }
  return item.node.type === "enum_item"
    ? readEnum(instance, name, rules, fields)
    : readStruct(instance, name, rules, fields);
}

/** `#[serde(from, into)]`: another type stands on the wire. */
function readProxy(proxy: string, { item, scope }: Instance, { parse, types }: DataOptions): Data {
  const type = childOf(parse(`type Proxy = ${proxy};`), "type_item")?.childForFieldName("type");
  const said = type ? types.read(type, scope) : types.refuse(item.node, item, `${proxy} is no type`);
  return alias(said);
}

function alias({ descriptor, type, zero, nullable }: Said): Data {
  return {
    descriptor,
    type,
    isInterface: false,
    ...(zero === undefined ? {} : { zero }),
    ...(nullable === undefined ? {} : { nullable }),
  };
}

function readStruct({ item }: Instance, name: string, rules: ContainerRules, of: FieldsOf): Data {
  if (rules.tag !== undefined)
    of.types.refuse(item.node, item, "serde's tag on a struct cannot be said in TypeScript yet");
  const body = item.node.childForFieldName("body");
  if (body === null)
    return { descriptor: "t.unitStruct", type: "null", isInterface: false, nullable: true, zero: "null" };
  if (body.type === "ordered_field_declaration_list") return readTupleStruct(body, rules, of);
  const fields = namedFields(body, of);
  const [only] = fields;
  if (rules.transparent && only !== undefined && fields.length === 1) return alias(only.said);
  return {
    descriptor: call("t.struct", JSON.stringify(name), object(fields.map(({ part }) => part))),
    type: objectType(fields.map(typePart)),
    isInterface: true,
    ...zeroOf(item, fields),
  };
}

/** The default of a struct that derives it: those of its fields. */
function zeroOf(item: Annotated, fields: readonly Field[]): { zero?: string } {
  if (!derives(item.attributes, "Default") || fields.some(({ said }) => said.zero === undefined)) return {};
  return { zero: flat(object(fields.map(({ part, said }) => ({ key: part.key, value: said.zero ?? "" })))) };
}

function readTupleStruct(body: Syntax, rules: ContainerRules, of: FieldsOf): Data {
  const saids = orderedFields(body, of);
  const [only] = saids;
  if (only !== undefined && annotated(body).length === 1) {
    return alias(rules.transparent ? only : { ...only, descriptor: call("t.newtype", only.descriptor) });
  }
  if (rules.transparent && only !== undefined && saids.length === 1) return alias(only);
  return {
    descriptor: call("t.tupleStruct", ...saids.map(({ descriptor }) => descriptor)),
    type: `[${saids.map(({ type }) => type).join(", ")}]`,
    isInterface: false,
  };
}

function readEnum(instance: Instance, name: string, rules: ContainerRules, of: FieldsOf): Data {
  const body = instance.item.node.childForFieldName("body");
  const variants: Variant[] = [];
  let initial: string | undefined;
  for (const one of body === null ? [] : annotated(body)) {
    const variant = readVariant(one, rules, of);
    if (variant === undefined) continue;
    variants.push(variant);
    if (one.attributes.some(({ path }) => path === "default") && variant.payload === undefined) initial = variant.key;
  }
  const { descriptor, type, value } = enumForm(name, variants, rules);
  return { descriptor, type, isInterface: false, ...(initial === undefined ? {} : { zero: value(initial) }) };
}

/** A variant; undefined for one that is not on the wire. */
function readVariant(one: Annotated, rules: ContainerRules, of: FieldsOf): Variant | undefined {
  const name = plainName(one.node.childForFieldName("name")?.text ?? "");
  if (isLeftOut(one, name, of)) return undefined;
  const own = fieldRules({ attributes: one.attributes, file: of.scope.file, problems: of.types.problems });
  if (own.skip) return undefined;
  const unknown = (["with", "default", "skipIf", "flatten"] as const).filter((rule) => own[rule]);
  for (const rule of unknown) of.types.refuse(one.node, of.scope, `serde's ${rule} on a variant is not known here`);
  const wire = own.rename ?? renamed(name, rules.renameAll, "variant");
  const payload = readPayload(one, { ...of, renameAll: own.renameAll ?? of.renameAll });
  return { key: keyOf(name, wire), wire, docs: one.docs, payload, isOther: own.other };
}

/** What a variant carries; undefined when it is only a name. */
function readPayload({ node }: Annotated, of: FieldsOf): { descriptor: Expression; type: string } | undefined {
  const body = node.childForFieldName("body");
  if (body === null) return undefined;
  if (body.type === "field_declaration_list") {
    const fields = namedFields(body, of);
    return {
      descriptor: call("t.struct", object(fields.map(({ part }) => part))),
      type: flat(objectType(fields.map(typePart))),
    };
  }
  const saids = orderedFields(body, of);
  const [only] = saids;
  if (only !== undefined && annotated(body).length === 1) {
    const isUnit = only.as?.kind === "unit";
    return { descriptor: isUnit ? call("t.newtype", only.descriptor) : only.descriptor, type: only.type };
  }
  return {
    descriptor: call("t.tuple", ...saids.map(({ descriptor }) => descriptor)),
    type: `[${saids.map(({ type }) => type).join(", ")}]`,
  };
}

function namedFields(body: Syntax, of: FieldsOf): Field[] {
  return annotated(body).flatMap((one) => {
    const name = plainName(one.node.childForFieldName("name")?.text ?? "");
    const type = one.node.childForFieldName("type");
    const field = type === null ? undefined : readField(one, name, type, of);
    return field === undefined ? [] : [field];
  });
}

/** The fields of a tuple struct or variant; what is skipped leaves no gap. */
function orderedFields(body: Syntax, of: FieldsOf): Said[] {
  return annotated(body).flatMap((one, at) => {
    if (isLeftOut(one, `field ${at}`, of)) return [];
    const rules = fieldRules({ attributes: one.attributes, file: of.scope.file, problems: of.types.problems });
    return rules.skip ? [] : [readWith(one.node, rules, of)];
  });
}

function typePart({ part, said }: Field): Part {
  return { key: part.key, docs: part.docs ?? "", value: said.type };
}
