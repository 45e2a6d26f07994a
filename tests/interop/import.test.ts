/** The contract that `cuttle import` made of the peers' own source, with these peers: their trait both ways, their types. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type CloseInfo,
  clientControl,
  connect,
  functions,
  type Impl,
  oneshot,
  serveObject,
  t,
} from "../../ts/index.ts";
import { type Server, serve } from "../../ts/node/index.ts";
import { CounterImpl } from "../scenarios/calling-roles.ts";
import { differences } from "../scenarios/differences.ts";
import { samplesFor } from "../scenarios/echo.ts";
import { COUNTER_REPORT } from "./calling-cases.ts";
import * as imported from "./imported.ts";
import { peerPaths, useRustPeers, versions, watchEndings } from "./support.ts";

const peerOf = useRustPeers();

/** A counter for the imported trait; what it does is what the one for the trait declared by hand does. */
class ImportedCounter extends CounterImpl implements Impl<typeof imported.Counter> {
  override increase({ by }: { by: number }): null {
    const current_value = this.value();
    if (current_value + by <= 0xffff_ffff) return super.increase({ by });
    throw imported.IncreaseError.error({ Overflow: { current_value } });
  }

  override open({ name }: { name: string }): never {
    return serveObject(imported.Session, { name: () => name, end: () => `${name} has ended` }).client as never;
  }

  unknown_to_page(): number {
    return 0;
  }
}

describe.each(versions)("the contract of remoc %s, imported", (version) => {
  test("its trait is called: results, errors with fields, channels, defaults, clients as results", async () => {
    const endings = watchEndings(peerOf(version));
    const conn = await connect(`${peerOf(version).url}/counter/postbag`, {
      send: t.unit,
      receive: t.client(imported.Counter),
    });
    const counter = await conn.rx.recv();
    if (counter === undefined) throw new Error("no counter came");
    conn.tx.close();
    conn.rx.drop();
    const watched = await counter.watch();
    await counter.increase({ by: 20 });
    expect(await watched.waitFor((value) => value === 20)).toBe(20);
    watched.drop();
    const error: unknown = await counter.increase({ by: 0xffff_ffff }).catch((error: unknown) => error);
    expect(imported.IncreaseError.is(error, "Overflow") && error.current_value).toBe(20);
    const counted: number[] = [];
    for await (const number of await counter.count_to_value({ step: 5, delay: { secs: 0n, nanos: 1 } })) {
      counted.push(number);
    }
    expect(counted).toEqual([0, 5, 10, 15]);
    expect(await counter.measure({ text: "four", twice: true })).toBe(8);
    const session = await counter.open({ name: "lobby" });
    expect(await session.name()).toBe("lobby");
    expect(await session.end()).toBe("lobby has ended");
    clientControl(session).close();
    expect(await counter.unknown_to_page()).toBe(0);
    clientControl(counter).close();
    await conn.closed;
    expect(await endings()).toEqual(["ended orderly"]);
  });

  test("its functions and objects are used", async () => {
    const endings = watchEndings(peerOf(version));
    const conn = await connect(`${peerOf(version).url}/objects/postbag`, { send: t.unit, receive: imported.Objects });
    const objects = await conn.rx.recv();
    if (objects === undefined) throw new Error("no objects came");
    conn.tx.close();
    conn.rx.drop();
    const { add, next, last, secret, reveal, lazy, blob, lock, apply } = objects;
    const error: unknown = await add(1_000, 1).catch((error: unknown) => error);
    expect(imported.FnError.is(error, "TooLarge") && error.limit).toBe(1_000);
    expect([await add(1, 2), await next(), await next(), await last("call")]).toEqual([3, 1, 2, "last call"]);
    expect([secret.isLocal, await reveal(secret)]).toEqual([false, "xyzzy"]);
    expect([await lazy.get(), blob.size]).toEqual(["fetched", 300_000]);
    // Stock remoc knows nothing of ranges, and sends everything.
    expect(await blob.slice(-3).bytes()).toEqual(Uint8Array.of(299_997, 299_998, 299_999));
    expect(await blob.slice(0, 2).bytes()).toEqual(Uint8Array.of(0, 1));
    const guard = await lock.read();
    expect(guard.value).toBe(7);
    guard.release();
    expect(await apply(async (a, b) => 10 * a + b)).toBe(34);
    for (const fn of [add, next, reveal, apply]) functions.release(fn);
    for (const object of [secret, lazy, blob, lock]) object.drop();
    await conn.closed;
    expect(await endings()).toEqual(["ended orderly"]);
  });

  test("values of every shape come back", async () => {
    const endings = watchEndings(peerOf(version));
    const conn = await connect(`${peerOf(version).url}/echo/postbag`, { send: imported.Echo });
    for (const value of samplesFor("postbag")) {
      const [reply, answer] = oneshot.channel(imported.Everything);
      await conn.tx.send({ value, reply });
      expect(differences(value, await answer.recv())).toEqual([]);
    }
    conn.tx.close();
    conn.rx.drop();
    await conn.closed;
    expect(await endings()).toEqual(["ended orderly"]);
  });
});

describe.each(versions)("an implementation of the trait of remoc %s, imported", (version) => {
  let server: Server;
  const ended: Promise<CloseInfo>[] = [];

  beforeAll(async () => {
    server = await serve({ host: "127.0.0.1" }, async (incoming) => {
      const conn = await incoming.connect({ send: t.client(imported.Counter), receive: t.unit });
      ended.push(conn.closed);
      await conn.tx.send(serveObject(imported.Counter, new ImportedCounter(), { onFailure: () => {} }).client);
      conn.tx.close();
      conn.rx.drop();
      await conn.closed;
    });
  });

  afterAll(async () => {
    await server.close();
  });

  test("is called by it in every way", async () => {
    const paths = await peerPaths();
    const url = `ws://127.0.0.1:${server.address.port}/counter/postbag`;
    const { stdout, stderr } = await promisify(execFile)(paths[version], ["connect", url]);
    // The peer's last method is known here, unlike where the trait was declared by hand.
    expect(JSON.parse(stdout)).toEqual({ ...COUNTER_REPORT, unknown: false });
    expect(stderr).toContain("connection: ended orderly");
    expect(await Promise.all(ended)).toEqual([{ by: expect.stringMatching(/^(local|peer)$/) }]);
  });
});
