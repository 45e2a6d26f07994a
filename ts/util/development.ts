/** Writes a warning where a developer looks: `NODE_ENV` is set, and is not `production`. Whether it did. */
export function warnDeveloper(text: string): boolean {
  const mode = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.NODE_ENV;
  if (mode === undefined || mode === "production") return false;
  console.warn(text);
  return true;
}
