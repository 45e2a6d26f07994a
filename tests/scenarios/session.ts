import {
  type Codec,
  type Connection,
  connect,
  type Descriptor,
  type Limits,
  type LinkOptions,
  type Target,
} from "../../ts/index.ts";

/** How a scenario reaches the peer that plays the other role. */
export interface Route {
  /** The target for a path such as `/count/postbag`. */
  connectTo(path: string): Target;
  codec: Codec;
  options?: LinkOptions;
}

/** The route with other limits of ours. */
export function withLimits(route: Route, limits: Limits): Route {
  return { ...route, options: { ...route.options, limits: { ...route.options?.limits, ...limits } } };
}

/** How a connection ended that nobody closed: all its channels had ended before, else it would still be open. */
export interface Ending {
  by: "local" | "peer";
  state: string;
  ports: number;
  bufferedBytes: number;
}

/** What the two base channels carry. */
export interface BaseTypes<Tx, Rx> {
  send: Descriptor<Tx>;
  receive?: Descriptor<Rx>;
}

/**
 * Connects, runs `body`, lets go of both base channels and waits until the connection has ended by itself, which it
 * does not while any channel is left. Values that the peer still sent are an error.
 */
export async function session<Tx, R extends object, Rx = null>(
  route: Route,
  scenario: string,
  types: BaseTypes<Tx, Rx>,
  body: (conn: Connection<Tx, Rx>) => Promise<R>,
): Promise<R & { ending: Ending }> {
  const conn = await open(route, scenario, types);
  try {
    const result = await body(conn);
    return { ...result, ending: await letGo(conn) };
  } catch (error) {
    await conn.close();
    throw error;
  }
}

/** Connects for a scenario. */
export async function open<Tx, Rx = null>(
  route: Route,
  scenario: string,
  types: BaseTypes<Tx, Rx>,
): Promise<Connection<Tx, Rx>> {
  const target = route.connectTo(`/${scenario}/${route.codec.name}`);
  return await connect(target, { ...route.options, codec: route.codec, ...types });
}

/** Lets go of both base channels and waits for the end. Values that the peer still sent are an error. */
export async function letGo<Tx, Rx>(conn: Connection<Tx, Rx>): Promise<Ending> {
  conn.tx.close();
  const rest = await conn.rx.recv();
  if (rest !== undefined) throw new Error("the peer sent a value that nobody asked for");
  conn.rx.drop();
  return await endingOf(conn);
}

/** Waits for the end of a connection. */
export async function endingOf<Tx, Rx>(conn: Connection<Tx, Rx>): Promise<Ending> {
  const { by } = await conn.closed;
  const { ports, bufferedBytes } = conn.stats();
  return { by, state: conn.state, ports, bufferedBytes };
}
