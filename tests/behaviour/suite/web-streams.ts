import { expect, test } from "vitest";
import { broadcast, type Codec, type Connection, type Descriptor, lr, mpsc, t, watch } from "../../../ts/index.ts";
import type { Kind } from "../support/carriers.ts";
import { type Pair, pass, TINY, withPair } from "../support/pair.ts";
import { codeOf, until } from "../support/wait.ts";
import { all, numbersTo } from "./values.ts";

/** Both ends of a channel, of which the receiving one is at the other side. */
interface Ends {
  readonly tx: { readonly writable: WritableStream<number> };
  readonly rx: { readonly readable: ReadableStream<number>; drop(): void };
  /** Whether the sending end knows that nobody receives. */
  isDropped(): boolean;
}

/** A kind of channel; `skips` values that nobody looked at in time, or `tells` nobody that they are not received. */
interface Line {
  readonly name: string;
  readonly type: Descriptor;
  readonly skips?: true;
  readonly tells?: false;
  open(pair: Pair<never, unknown>): Promise<Ends>;
}

/** A channel whose receiver is sent. */
function moved<Tx extends Ends["tx"], Rx extends Ends["rx"]>(
  name: string,
  type: Descriptor<Rx>,
  parts: { make(): readonly [Tx, Rx]; isDropped(tx: Tx): boolean } & Pick<Line, "skips" | "tells">,
): Line {
  const { make, isDropped, ...rest } = parts;
  return {
    name,
    type,
    ...rest,
    async open({ a, b }) {
      const [tx, half] = make();
      const rx = await pass(a as Connection<Rx>, b as unknown as Connection<never, Rx>, half);
      return { tx, rx, isDropped: () => isDropped(tx) };
    },
  };
}

const lines: readonly Line[] = [
  moved("mpsc", t.mpsc.receiver(t.u32), { make: () => mpsc.channel(t.u32), isDropped: (tx) => tx.isClosed }),
  moved("lr", t.lr.receiver(t.u32), { make: () => lr.channel(t.u32), isDropped: (tx) => tx.isClosed }),
  moved("watch", t.watch.receiver(t.u32), {
    make: () => watch.channel(t.u32, 0),
    isDropped: (tx) => tx.isClosed,
    skips: true,
  }),
  moved("broadcast", t.broadcast.receiver(t.u32), {
    make: () => broadcast.channel(t.u32),
    isDropped: (tx) => tx.receiverCount === 0,
    tells: false,
  }),
  {
    name: "base",
    type: t.u32,
    async open({ a, b }) {
      const { tx } = a as unknown as Connection<number>;
      const { rx } = b as unknown as Connection<never, number>;
      return { tx, rx, isDropped: () => tx.isClosed };
    },
  },
];

/** Channels as Web Streams; those of bytes stand with the other tests of `bin` and `io`. */
export function describeWebStreams(kind: Kind, codec: Codec): void {
  for (const { name, type, skips, tells, open } of lines) {
    const opened = (
      test: (ends: Ends, pair: Pair<unknown, unknown>) => Promise<void>,
      fails = false,
    ): Promise<void> => {
      const options = { toB: type, both: TINY, fails };
      return withPair(kind, codec, options, async (pair) => await test(await open(pair as never), pair as never));
    };

    test(`${name}: what is piped into one stream comes out of the other, with the end`, async () => {
      await opened(async ({ tx, rx }) => {
        const source = new ReadableStream<number>({
          start(controller) {
            for (const number of numbersTo(40)) controller.enqueue(number);
            controller.close();
          },
        });
        const [got] = await Promise.all([all(values(rx.readable)), source.pipeTo(tx.writable)]);
        if (skips) expect([got.at(-1), got]).toEqual([39, [...got].sort((one, other) => one - other)]);
        else expect(got).toEqual(numbersTo(40));
      });
    });

    test(`${name}: aborting the stream that is written closes the half`, async () => {
      await opened(async ({ tx, rx }) => {
        const writer = tx.writable.getWriter();
        const [got] = await Promise.all([all(values(rx.readable)), writer.write(7).then(() => writer.abort("enough"))]);
        expect(got.at(-1)).toBe(7);
      });
    });

    test(`${name}: cancelling the stream that is read drops the half, also while it waits`, async () => {
      await opened(async ({ tx, rx, isDropped }) => {
        const reader = rx.readable.getReader();
        if (skips) await reader.read();
        const waiting = reader.read();
        await reader.cancel("enough");
        expect((await waiting).done).toBe(true);
        await until(isDropped, () => "the sender knew it");
        const writer = tx.writable.getWriter();
        if (tells === false) await writer.write(1);
        else expect(await codeOf(writer.write(1))).toBe("remote_closed");
        if (tells === false) await writer.close();
      });
    });

    test(`${name}: the loss of the connection is an error of both streams`, async () => {
      await opened(async ({ tx, rx, isDropped }, pair) => {
        const reader = rx.readable.getReader();
        if (skips) await reader.read();
        const [reading, writer] = [codeOf(reader.read()), tx.writable.getWriter()];
        pair.cut();
        expect(await reading).toBe("transport_lost");
        await until(isDropped, () => "the sender knew it");
        if (tells !== false) expect(await codeOf(writer.write(1))).toBe("transport_lost");
      }, true);
    });
  }
}

/** Not every engine can iterate a stream, and not every type of one says so. */
function values(stream: ReadableStream<number>): AsyncIterable<number> {
  return stream as unknown as AsyncIterable<number>;
}
