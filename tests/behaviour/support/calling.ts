import type { Client, Impl, ServeOptions, Server, Service } from "../../../ts/index.ts";
import { clientControl, serveObject, t } from "../../../ts/index.ts";
import type { RequestOptions } from "../../../ts/rtc/server.ts";
import type { Methods } from "../../../ts/rtc/service.ts";
import { CODECS, type Pair, type PairOptions, pass, withPair } from "./pair.ts";

/** A client of `a` whose server `b` has. */
export interface Served<M extends Methods> {
  readonly client: Client<M>;
  readonly server: Server;
  readonly pair: Pair<null, Client<M>>;
  /** What the server could not tell its callers. */
  readonly failures: unknown[];
}

/**
 * Serves `implementation` over a connection and runs the test with the client; then lets go of the client, and checks
 * that the server has ended and nothing is left.
 */
export async function withService<M extends Methods>(
  service: Service<M>,
  implementation: Impl<Service<M>>,
  test: (served: Served<M>) => Promise<void>,
  options: ServeOptions & RequestOptions & { pair?: PairOptions<null, Client<M>> } = {},
): Promise<void> {
  const failures: unknown[] = [];
  const type = t.client(service);
  await withPair("memory", CODECS[0] as (typeof CODECS)[number], { toA: type, ...options.pair }, async (pair) => {
    const onFailure = (error: unknown): number => failures.push(error);
    const { server, client: local } = serveObject(service, implementation, { onFailure, ...options });
    const client = await pass(pair.b, pair.a, local);
    await test({ client, server, pair, failures });
    clientControl(client).close();
    await server.done;
  });
}
