/** Arguments that are clients which other calls have yet to return. */

import { earlyClientOf } from "./pending.ts";

/** As a caller gave them, or nothing. */
export type Given = Readonly<Record<string, unknown>> | undefined;

/** Whether there are clients among the arguments that another call will return. */
export function hasPromises(given: Given): given is Readonly<Record<string, unknown>> {
  for (const key in given) if (given[key] instanceof Promise) return true;
  return false;
}

/** The arguments with clients that work before they are there, where there are such. */
export function withEarlyClients(given: Readonly<Record<string, unknown>>): Given {
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, earlyClientOf(value) ?? value]));
}

/** The arguments once all those are there that are promised. */
export async function settled(given: Readonly<Record<string, unknown>>): Promise<Given> {
  const all = Object.entries(given).map(async ([key, value]): Promise<[string, unknown]> => [key, await value]);
  return Object.fromEntries(await Promise.all(all));
}
