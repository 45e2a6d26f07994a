/** Sets a key that comes from a descriptor. `__proto__` is a field like any other. */
export function setOwn(target: object, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else (target as Record<string, unknown>)[key] = value;
}

/**
 * A constructor of plain objects. Engines learn from those it has made how much room the next one needs, which
 * `{}` would not tell them.
 */
export function plainObjects(): new () => Record<string, unknown> {
  function Plain(): void {}
  Plain.prototype = Object.prototype;
  return Plain as unknown as new () => Record<string, unknown>;
}
