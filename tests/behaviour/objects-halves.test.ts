/** Channel halves and streams of every kind in plain values: there, back home, and used where they arrive. */

import { describe, expect, test } from "vitest";
import { bin, broadcast, io, lr, mpsc, oneshot, t, watch } from "../../ts/index.ts";
import { all } from "./suite/values.ts";
import { KINDS } from "./support/carriers.ts";
import { objects } from "./support/objects.ts";
import { codeOf, until } from "./support/wait.ts";

const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => at);
/** Plain values describe themselves, whatever the channel was made for. */
const anything = t.unit as never;

/** Sends a half to the other side, which gives it back. */
type Home = <T>(half: T) => Promise<T>;

/** For each kind: both halves go there and come home, and still work. */
const trips: Readonly<Record<string, (home: Home) => Promise<void>>> = {
  async mpsc(home) {
    const [tx, rx] = mpsc.channel<unknown>(anything);
    const [there, here] = [await home(tx), await home(rx)];
    const sending = there.send({ at: new Date(5) }).then(() => there.close());
    expect(await all(here)).toEqual([{ at: new Date(5) }]);
    await sending;
  },
  async oneshot(home) {
    const [tx, rx] = oneshot.channel<unknown>(anything);
    const [there, here] = [await home(tx), await home(rx)];
    await there.send("once");
    expect(await here.recv()).toBe("once");
  },
  async watch(home) {
    const [tx, rx] = watch.channel<unknown>(anything, "first");
    const [there, here] = [await home(tx), await home(rx)];
    expect([there.borrow(), here.borrow()]).toEqual(["first", "first"]);
    there.send("second");
    expect(await here.waitFor((value) => value === "second")).toBe("second");
    there.close();
    here.drop();
  },
  async broadcast(home) {
    const [tx, rx] = broadcast.channel<unknown>(anything);
    const here = await home(rx);
    tx.send("to all");
    tx.close();
    expect(await all(here)).toEqual(["to all"]);
  },
  async bin(home) {
    const [tx, rx] = bin.channel();
    const [there, here] = [await home(tx), await home(rx)];
    const sending = there.send(bytes).then(() => there.close());
    expect(await all(here)).toEqual([bytes]);
    await sending;
  },
  async "io of known size"(home) {
    const [tx, rx] = io.sized(bytes.length);
    const [there, here] = [await home(tx), await home(rx)];
    expect([there.remaining, here.remaining]).toEqual([bytes.length, bytes.length]);
    const sending = there.send(bytes).then(() => there.close());
    expect(await here.readAll()).toEqual(bytes);
    await sending;
  },
  async "io of unknown size"(home) {
    const [tx, rx] = io.channel();
    const [there, here] = [await home(tx), await home(rx)];
    const sending = there.send(bytes).then(() => there.close());
    expect(await here.readAll()).toEqual(bytes);
    await sending;
    const [broken, rest] = io.channel();
    (await home(broken)).abort();
    expect(await codeOf(rest.recv())).toBe("remote_failed");
  },
};

const server = {
  echo: <T>(value: T): T => value,
  count(tx: lr.Sender<number>, rx: lr.Receiver<number>) {
    void (async () => {
      for await (const value of rx) await tx.send(value + 1);
      tx.close();
    })();
  },
};

describe.each(KINDS)("in plain values over %s", (kind) => {
  test.each(Object.entries(trips))("both halves of %s go there and come home", async (_, trip) => {
    const { remote, end } = await objects(kind, server);
    await trip(async (half) => (await remote.echo(half as never)) as typeof half);
    await end();
  });

  test("halves of lr are used where they were sent", async () => {
    const { remote, end } = await objects(kind, server);
    const [there, rx] = lr.channel<number>(anything);
    const [tx, back] = lr.channel<number>(anything);
    await remote.count(tx, rx);
    await there.send(1);
    there.close();
    expect(await all(back)).toEqual([2]);
    await end();
  });

  test("a stream that is written goes in both directions, and its writer may close or abort it", async () => {
    const got: unknown[] = [];
    const sink = () =>
      new WritableStream<unknown>({
        write: (chunk) => void got.push(chunk),
        close: () => void got.push("closed"),
        abort: (reason) => void got.push(`aborted: ${reason}`),
      });
    const { remote, end } = await objects(kind, {
      sink,
      async write(stream: WritableStream<unknown>) {
        const writer = stream.getWriter();
        await writer.write({ from: "there" });
        await writer.close();
      },
    });
    await remote.write(sink());
    const writer = (await remote.sink()).getWriter();
    await writer.write(Uint8Array.of(1));
    await writer.abort("enough");
    await until(
      () => got.length === 4,
      () => `everything came, not only ${got.length} parts`,
    );
    expect(got).toEqual([{ from: "there" }, "closed", Uint8Array.of(1), "aborted: enough"]);
    await end();
  });
});

test("the end of a stream of bytes without its size is an error of whoever reads", async () => {
  const { remote, end } = await objects("memory", {
    open() {
      const [tx, rx] = io.channel();
      const { size_mode, bin_sender } = tx.parts;
      void (size_mode as { Unknown: oneshot.Sender<unknown> }).Unknown.send("all of it");
      bin_sender?.close();
      return rx;
    },
  });
  const rx = await remote.open();
  expect(await codeOf(rx.recv())).toBe("peer_decode");
  rx.drop();
  await end();
});
