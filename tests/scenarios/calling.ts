import {
  type ClientOf,
  clientControl,
  type Descriptor,
  functions,
  type Infer,
  oneshot,
  serveObject,
  t,
} from "../../ts/index.ts";
import { CounterImpl, makeObjects } from "./calling-roles.ts";
import { Counter, FnError, IncreaseError, Objects } from "./calling-types.ts";
import { codeOf } from "./close.ts";
import { differences } from "./differences.ts";
import { itemOf } from "./items.ts";
import { Rooms, RoomsImpl, type RoomsReport, useRooms } from "./rooms.ts";
import { type Ending, endingOf, open, type Route } from "./session.ts";

/** Takes what the peer gives, and lets go of the base channels. */
async function takeFrom<T, R extends object>(
  route: Route,
  scenario: string,
  type: Descriptor<T>,
  use: (value: T) => Promise<R>,
): Promise<R & { ending: Ending }> {
  const conn = await open(route, scenario, { send: t.unit, receive: type });
  try {
    const value = await conn.rx.recv();
    if (value === undefined) throw new Error("the peer gave nothing");
    conn.tx.close();
    conn.rx.drop();
    return { ...(await use(value)), ending: await endingOf(conn) };
  } catch (error) {
    await conn.close();
    throw error;
  }
}

/** Gives the peer something, and returns what it reports; then `release` lets go of what the owner keeps. */
async function giveTo<T>(
  route: Route,
  scenario: string,
  type: Descriptor<T>,
  value: T,
  release: () => Promise<void> = async () => undefined,
): Promise<{ report: unknown; ending: Ending }> {
  const conn = await open(route, scenario, { send: type, receive: t.str });
  try {
    await conn.tx.send(value);
    conn.tx.close();
    const report = await conn.rx.recv();
    conn.rx.drop();
    await release();
    return { report: JSON.parse(report ?? "null"), ending: await endingOf(conn) };
  } catch (error) {
    await conn.close();
    throw error;
  }
}

/** What calling a counter showed. */
export interface CounterReport {
  first: number;
  seen: number;
  overflow: number | undefined;
  counted: number[];
  cancelled: number;
  measured: number[];
  name: string;
  ended: string;
  afterEnd: string;
  unknown: string;
  tooLarge: string;
  after: string;
}

/** Calls the peer's counter in every way. */
export async function counter(route: Route): Promise<CounterReport & { ending: Ending }> {
  return await takeFrom(route, "counter", t.client(Counter), useCounter);
}

/** Lets the peer call a counter of ours in every way. */
export async function servedCounter(route: Route): Promise<{ report: unknown; server: string; ending: Ending }> {
  const { server, client } = serveObject(Counter, new CounterImpl(), { onFailure: () => undefined });
  const result = await giveTo(route, "use-counter", t.client(Counter), client);
  return { ...result, server: await server.done };
}

/** Uses the peer's rooms. */
export async function rooms(route: Route): Promise<RoomsReport & { ending: Ending }> {
  return await takeFrom(route, "rooms", t.client(Rooms), useRooms);
}

/** Lets the peer use rooms of ours. */
export async function servedRooms(route: Route): Promise<{ report: unknown; server: string; ending: Ending }> {
  const { server, client } = serveObject(Rooms, new RoomsImpl());
  const result = await giveTo(route, "use-rooms", t.client(Rooms), client);
  return { ...result, server: await server.done };
}

/** Uses a counter that is at 0, and lets go of it. */
export async function useCounter(client: ClientOf<typeof Counter>): Promise<CounterReport> {
  const first = await client.value();
  const watched = await client.watch();
  await client.increase({ by: 20 });
  const seen = await watched.waitFor((value) => value === 20);
  watched.drop();
  const error: unknown = await client.increase({ by: 0xffff_ffff }).catch((error: unknown) => error);
  const overflow = IncreaseError.is(error, "Overflow") ? error.current_value : undefined;
  const counted: number[] = [];
  const numbers = await client.count_to_value({ step: 5, delay: { secs: 0n, nanos: 1_000_000 } });
  for await (const number of numbers) counted.push(number);
  const cancelled = await cancelCalls(client);
  const measured = [
    await client.measure({ text: "four", twice: false }),
    await client.measure({ text: "four", twice: true }),
  ];
  const opening = client.open({ name: "lobby" });
  const name = await opening.name();
  const session = await opening;
  const ended = await session.end();
  await clientControl(session).closed();
  const afterEnd = await session.name().then(String, codeOf);
  clientControl(session).close();
  const unknown = await client.unknown_to_peer().then(String, codeOf);
  clientControl(client).maxReplyBytes = 1_000;
  const tooLarge = await client.text({ len: 2_000 }).then(String, codeOf);
  // A server that ends because of that may still serve calls that come before it notices.
  let after = "xxx";
  for (let calls = 0; calls < 50 && after === "xxx"; calls += 1)
    after = await client.text({ len: 3 }).then(String, codeOf);
  clientControl(client).close();
  return { first, seen, overflow, counted, cancelled, measured, name, ended, afterEnd, unknown, tooLarge, after };
}

/** Gives up two calls: one that notices, one that insists. What they counted. */
async function cancelCalls(client: ClientOf<typeof Counter>): Promise<number> {
  const [begun, hasBegun] = oneshot.channel(t.unit as Descriptor<null>);
  const giveUp = new AbortController();
  const waiting = client.wait({ begun }, { signal: giveUp.signal });
  await hasBegun.recv();
  giveUp.abort("enough");
  await waiting.catch(() => undefined);

  const [begunToo, hasBegunToo] = oneshot.channel(t.unit as Descriptor<null>);
  const [allow, go] = oneshot.channel(t.unit as Descriptor<null>);
  const giveUpToo = new AbortController();
  const insisting = client.insist({ begun: begunToo, go }, { signal: giveUpToo.signal });
  await hasBegunToo.recv();
  giveUpToo.abort("enough");
  await insisting.catch(() => undefined);
  await allow.send(null);
  // The peer counts when it hears of it.
  let cancelled = 0;
  for (let tries = 0; tries < 5_000 && cancelled !== 101; tries += 1) cancelled = await client.cancelled();
  return cancelled;
}

/** What using functions and objects showed. */
export interface ObjectsReport {
  sum: number;
  limit: number | undefined;
  numbers: number[];
  last: string;
  isLocal: boolean;
  revealed: string;
  fetched: string;
  len: number;
  whole: boolean;
  locked: number[];
  applied: number;
}

/** Uses the peer's functions and objects. */
export async function objects(route: Route): Promise<ObjectsReport & { ending: Ending }> {
  return await takeFrom(route, "objects", Objects, useObjects);
}

/** Lets the peer use functions and objects of ours. */
export async function ownedObjects(route: Route): Promise<{ report: unknown; ending: Ending }> {
  const { objects, release } = makeObjects();
  return await giveTo(route, "use-objects", Objects, objects, release);
}

/** Uses everything, and lets go of it. */
export async function useObjects(objects: Infer<typeof Objects>): Promise<ObjectsReport> {
  const { add, next, last, secret, reveal, lazy, blob, lock, apply } = objects;
  const error: unknown = await add(1_000, 1).catch((error: unknown) => error);
  const bytes = await blob.bytes();
  const report = {
    sum: await add(1, 2),
    limit: FnError.is(error, "TooLarge") ? error.limit : undefined,
    numbers: [await next(), await next()],
    last: await last("call"),
    isLocal: secret.isLocal,
    revealed: await reveal(secret),
    fetched: await lazy.get(),
    len: blob.size,
    whole: differences(itemOf(0, blob.size), bytes).length === 0,
    locked: await useLock(lock),
    applied: await apply(async (a, b) => 10 * a + b),
  };
  for (const fn of [add, next, reveal, apply]) functions.release(fn);
  for (const object of [secret, lazy, blob, lock]) object.drop();
  return report;
}

/** The values before, after a write, and after a write that is discarded. */
async function useLock(lock: Infer<typeof Objects>["lock"]): Promise<number[]> {
  const values: number[] = [];
  const read = async (): Promise<void> => {
    const guard = await lock.read();
    values.push(guard.value);
    guard.release();
  };
  await read();
  const write = await lock.write();
  write.value += 2;
  await write.commit();
  await read();
  const discarded = await lock.write();
  discarded.value = 0;
  discarded.drop();
  await read();
  return values;
}
