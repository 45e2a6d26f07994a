/** Holds docs/sync-engines.md to its word. */

import { MessageChannel } from "node:worker_threads";
import { afterEach, expect, test, vi } from "vitest";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { keep, OpenReplica, openIn, Replica } from "../../docs/examples/automerge.ts";
import { Documents, OpenDocument, share } from "../../docs/examples/yjs.ts";
import { consume, functions, type ProvideOptions, provide, type Target, t } from "../../ts/index.ts";
import { pair } from "../../ts/testing.ts";

// A busy machine may take its time; nothing here is about how long things take.
vi.setConfig({ testTimeout: 60_000 });
const soon = <T>(look: () => T) => expect.poll(look, { timeout: 30_000 });

const awarenesses: Awareness[] = [];

afterEach(() => {
  for (const one of awarenesses.splice(0)) one.destroy(); // They have timers.
});

const Server = t.struct("Server", { open: OpenDocument, openReplica: OpenReplica, add: t.rfn([t.u32, t.u32], t.u32) });

interface Notes {
  text?: string;
  mine?: number;
  theirs?: number;
}

/** A server with documents of both kinds. */
class Host {
  readonly documents = new Documents();
  readonly replicas = new Map<string, Replica<Notes>>();

  /** A connection of one more page; what the page sees, and what ends the connection. */
  async connect(to: [Target, Target] = ports(), options: ProvideOptions = {}) {
    const { documents, replicas } = this;
    const given = { open: documents.open, openReplica: openIn(replicas), add: async (a: number, b: number) => a + b };
    const [connection, server] = await Promise.all([
      provide(Server, given, { to: to[0], ...options }),
      consume(Server, to[1], options),
    ]);
    return { server, connection };
  }

  /** A document of Yjs at the server, whose timers end with the test. */
  document(name: string): ReturnType<Documents["get"]> {
    const found = this.documents.get(name);
    awarenesses.push(found.awareness);
    return found;
  }
}

function ports(): [Target, Target] {
  const { port1, port2 } = new MessageChannel();
  return [port1, port2];
}

function awarenessOf(doc = new Y.Doc()): Awareness {
  const awareness = new Awareness(doc);
  awarenesses.push(awareness);
  return awareness;
}

test("Yjs: many documents share one connection, and pages see each other's changes and presence", async () => {
  const host = new Host();
  const [one, other] = [await host.connect(), await host.connect()];
  const leave = new AbortController();
  const names = Array.from({ length: 20 }, (_, at) => `document ${at}`);
  host.document("document 3").doc.getText("t").insert(0, "from the server");
  const openAll = (server: typeof one.server) =>
    names.map((name) => {
      host.document(name);
      const awareness = awarenessOf();
      return { awareness, doc: awareness.doc, shared: share(server.open, name, awareness, leave.signal) };
    });
  const [mine, theirs] = [openAll(one.server), openAll(other.server)];

  for (const [at, { doc }] of mine.entries()) doc.getText("t").insert(0, `mine ${at}. `);
  for (const [at, { doc }] of theirs.entries()) doc.getText("t").insert(0, `theirs ${at}. `);
  mine[3]?.awareness.setLocalStateField("name", "Ann");
  await soon(() => theirs.every(({ doc }, at) => doc.getText("t").toString().includes(`mine ${at}. `))).toBe(true);
  const texts = (docs: typeof mine) => docs.map(({ doc }) => doc.getText("t").toString());
  await soon(() => texts(mine).every((text, at) => text === texts(theirs)[at])).toBe(true);
  expect(texts(theirs)[3]).toContain("from the server");
  const present = () => [...(theirs[3]?.awareness.getStates().values() ?? [])].map(({ name }) => name).filter(Boolean);
  await soon(present).toEqual(["Ann"]);

  leave.abort();
  await Promise.all([...mine, ...theirs].map(({ shared }) => shared));
  for (const { server } of [one, other]) for (const fn of Object.values(server)) functions.release(fn);
  await Promise.all([one.connection.closed, other.connection.closed]);
  await soon(() => names.map((name) => host.document(name).present.receiverCount)).toEqual(names.map(() => 0));
  expect(host.document("document 3").awareness.getStates().size).toBe(0);
});

test("Yjs: a page that comes back after a loss exchanges what both sides missed, and is gone meanwhile", async () => {
  const host = new Host();
  const { doc: source, awareness: known } = host.document("notes");
  const awareness = awarenessOf();
  const text = awareness.doc.getText("t");
  const net = pair();
  const { server } = await net.run(host.connect([net.a, net.b], net.options));
  const shared = share(server.open, "notes", awareness, new AbortController().signal);
  text.insert(0, "before. ");
  await soon(() => source.getText("t").toString()).toBe("before. ");
  await soon(() => [...known.getStates().keys()]).toEqual([awareness.clientID]);
  net.cut();
  await shared;
  await soon(() => known.getStates().size).toBe(0);

  text.insert(0, "page. ");
  source.getText("t").insert(0, "server. ");
  const again = await host.connect();
  const leave = new AbortController();
  const sharedAgain = share(again.server.open, "notes", awareness, leave.signal);
  await soon(() => text.length).toBe("before. page. server. ".length);
  await soon(() => source.getText("t").toString()).toBe(text.toString());
  await soon(() => [...known.getStates().keys()]).toEqual([awareness.clientID]);
  leave.abort();
  await sharedAgain;
  await again.connection.close();
});

test("Yjs: a first sync of megabytes does not delay calls", async () => {
  const host = new Host();
  host.document("book").doc.getText("t").insert(0, "x".repeat(3_000_000));
  const net = pair({ latencyMs: 20, rate: "10Mbit" });
  const { server } = await net.run(host.connect([net.a, net.b], net.options));
  await net.run(server.add(1, 1)); // what the first call needs is here
  const awareness = awarenessOf();
  const leave = new AbortController();
  const began = net.clock.now();
  const shared = share(server.open, "book", awareness, leave.signal);
  await net.advance(500);
  const before = net.clock.now();
  expect(await net.run(server.add(1, 2))).toBe(3);
  expect(net.clock.now() - before).toBeLessThan(250);
  expect(awareness.doc.getText("t").length, "still on its way").toBe(0);
  const arrived = new Promise<void>((resolve) => awareness.doc.once("update", () => resolve()));
  await net.run(arrived);
  expect(net.clock.now() - began).toBeGreaterThan(2_400); // 3 MB at 10 Mbit
  expect(awareness.doc.getText("t").length).toBe(3_000_000);
  leave.abort();
  await net.run(shared);
  net.cut();
});

test("Automerge: many documents share one connection and become the same everywhere", async () => {
  const host = new Host();
  const names = Array.from({ length: 10 }, (_, at) => `document ${at}`);
  const leave = new AbortController();
  const pages = await Promise.all([host.connect(), host.connect()]);
  const opened = pages.map(({ server }) =>
    names.map((name) => {
      const replica = new Replica<Notes>();
      return { replica, kept: keep(server.openReplica, name, replica, leave.signal) };
    }),
  );
  const [mine = [], theirs = []] = opened;
  for (const { replica } of mine) {
    replica.change((doc) => {
      doc.text = "hello";
    });
  }
  await soon(() => theirs.map(({ replica }) => replica.doc.text)).toEqual(names.map(() => "hello"));
  // At the same time, and both stay.
  for (const { replica } of mine) {
    replica.change((doc) => {
      doc.mine = 1;
    });
  }
  for (const { replica } of theirs) {
    replica.change((doc) => {
      doc.theirs = 2;
    });
  }
  const everywhere = () => [
    ...[...mine, ...theirs].map(({ replica }) => replica.doc),
    ...names.map((name) => host.replicas.get(name)?.doc),
  ];
  await soon(everywhere).toEqual(everywhere().map(() => ({ text: "hello", mine: 1, theirs: 2 })));

  leave.abort();
  await Promise.all([...mine, ...theirs].map(({ kept }) => kept));
  for (const { server } of pages) for (const fn of Object.values(server)) functions.release(fn);
  await Promise.all(pages.map(({ connection }) => connection.closed));
});

test("Automerge: a page that comes back after a loss gets what it missed", async () => {
  const host = new Host();
  const replica = new Replica<Notes>();
  const net = pair();
  const { server } = await net.run(host.connect([net.a, net.b], net.options));
  const kept = keep(server.openReplica, "notes", replica, new AbortController().signal).catch((error) => error.code);
  replica.change((doc) => {
    doc.text = "before";
  });
  await soon(() => host.replicas.get("notes")?.doc.text).toBe("before");
  net.cut();
  expect(await kept).toBe("transport_lost");
  host.replicas.get("notes")?.change((doc) => {
    doc.text = "missed";
  });
  const again = await host.connect();
  const leave = new AbortController();
  const keptAgain = keep(again.server.openReplica, "notes", replica, leave.signal);
  await soon(() => replica.doc.text).toBe("missed");
  leave.abort();
  await keptAgain;
  await again.connection.close();
});
