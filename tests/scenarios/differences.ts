/** Where two values differ, as paths; empty when they are the same in every kind, order and bit. */
export function differences(left: unknown, right: unknown, path = "value"): string[] {
  if (Object.is(left, right)) return [];
  if (!isObject(left) || !isObject(right)) return [`${path}: ${show(left)} became ${show(right)}`];
  if (left instanceof Uint8Array && right instanceof Uint8Array) return differentBytes(left, right, path);
  if (kindOf(left) !== kindOf(right)) return [`${path}: ${kindOf(left)} became ${kindOf(right)}`];
  const leftParts = partsOf(left);
  const rightParts = partsOf(right);
  if (leftParts.length !== rightParts.length) return [`${path}: ${leftParts.length} parts became ${rightParts.length}`];
  return leftParts.flatMap(([key, part], index) => {
    const [otherKey, otherPart] = rightParts[index] ?? [];
    return [...differences(key, otherKey, `${path} key`), ...differences(part, otherPart, `${path}.${show(key)}`)];
  });
}

function differentBytes(left: Uint8Array, right: Uint8Array, path: string): string[] {
  if (left.length !== right.length) return [`${path}: ${left.length} bytes became ${right.length}`];
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  return at === left.length ? [] : [`${path}: byte ${at} was ${left[at]} and became ${right[at]}`];
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Records are made without prototype. */
function kindOf(value: object): string {
  return value.constructor?.name ?? "Object";
}

function partsOf(value: object): (readonly [unknown, unknown])[] {
  if (value instanceof Map) return [...value];
  if (value instanceof Set) return [...value].map((item) => [item, item]);
  return Object.entries(value);
}

function show(value: unknown): string {
  if (Object.is(value, -0)) return "-0";
  return typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : String(value);
}
