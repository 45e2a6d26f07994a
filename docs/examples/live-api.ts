/** What the servers of docs/servers.md provide, and who may use it. */

// #region readme
import type { IncomingMessage } from "node:http";
import type { Refusal } from "../../ts/node/index.ts";

export const api = {
  hello: (name: string): string => `hello ${name}`,
};

/** Before the upgrade: `true`, or what is answered. Any way to tell who it is will do; here it is a cookie. */
export function authorize({ headers }: IncomingMessage): true | Refusal {
  const isKnown = /(?:^|; )session=secret(?:;|$)/.test(headers.cookie ?? "");
  return isKnown || { status: 401, message: "log in first" };
}
// #endregion
