/** Cases beside something else on the same connection, and what holds after every case, whatever came of it. */

import { expect } from "vitest";
import { type Infer, mpsc, t } from "../../../ts/index.ts";
import { CODECS, type Pair, type PairOptions, pass, withPair } from "./pair.ts";
import { errorOf, turn, until } from "./wait.ts";

const Beside = t.struct("Beside", { there: t.mpsc.receiver(t.bytes), back: t.mpsc.sender(t.bytes) });
type Beside = Infer<typeof Beside>;

/** What an end keeps at most: `bufferedBytes` and one item, as SECURITY.md says. */
const MOST_BYTES = (16 + 16) * 1024 * 1024;
/** Many times the credits of a channel. */
const LARGE_BYTES = 1024 * 1024;

/** A source of any kind. */
interface Source {
  readonly subscriberCount: number;
}

/** What a case gets. */
export interface BesidePair<AtoB> extends Pair<AtoB, Beside> {
  /** Notes a collection that nobody is to follow any more once the connection has ended. */
  own<S extends Source>(source: S): S;
}

/**
 * As {@link withPair} in memory and Postbag, while numbers go from `b` to `a` and back on channels of their own. Beside what that
 * checks:
 *
 * * I2: neither end ever keeps more than its limits allow;
 * * I4, I9, I10: the other channels go on in both directions, in order and intact, from before the case until after it;
 * * I7: their credits have come back: a message that needs all of them goes there and back;
 * * I3, I5: where the case ends the connection (`fails`), what waits on them rejects with the error of the connection;
 * * I12: nobody follows the collections of the case any more.
 */
export async function withBystander<AtoB = null>(
  options: Omit<PairOptions<AtoB, Beside>, "toA">,
  test: (pair: BesidePair<AtoB>) => Promise<void>,
): Promise<void> {
  const owned: Source[] = [];
  const own = <S extends Source>(source: S): S => {
    owned.push(source);
    return source;
  };
  const [postbag] = CODECS as [(typeof CODECS)[number]];
  await withPair<AtoB, Beside>("memory", postbag, { ...options, toA: Beside }, async (pair) => {
    const bystander = await Bystander.on(pair);
    const quiet = async (): Promise<void> => {
      await bystander.pause();
      await pair.quiet();
      bystander.start();
    };
    await test({ ...pair, own, quiet });
    if (options.fails === true) await bystander.failed();
    else await bystander.end();
  });
  await until(
    () => owned.every(({ subscriberCount }) => subscriberCount === 0),
    () => `nobody followed (${owned.map(({ subscriberCount }) => subscriberCount)})`,
  );
}

/** Goes from one end to the other and back. */
class Bystander {
  readonly #pair: Pair<never, never>;
  readonly #tx: mpsc.Sender<Uint8Array>;
  readonly #rx: mpsc.Receiver<Uint8Array>;
  readonly #echoing: Promise<void>;
  #rounds = 0;
  #isPaused = false;
  #running: Promise<void> = Promise.resolve();

  static async on(pair: Pair<never, Beside> | Pair<unknown, Beside>): Promise<Bystander> {
    const [tx, there] = mpsc.channel(t.bytes);
    const [back, rx] = mpsc.channel(t.bytes);
    const got = await pass(pair.b, pair.a, { there, back });
    const bystander = new Bystander(pair as Pair<never, never>, { tx, rx, echo: got });
    await bystander.#round();
    bystander.start();
    return bystander;
  }

  private constructor(
    pair: Pair<never, never>,
    { tx, rx, echo }: { tx: mpsc.Sender<Uint8Array>; rx: mpsc.Receiver<Uint8Array>; echo: Beside },
  ) {
    this.#pair = pair;
    this.#tx = tx;
    this.#rx = rx;
    this.#echoing = echoed(echo);
    this.#echoing.catch(() => undefined); // See `failed`.
  }

  start(): void {
    this.#isPaused = false;
    this.#running = this.#run();
    this.#running.catch(() => undefined); // See `pause`.
  }

  /** Rejects with what went wrong. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await this.#running;
  }

  /** It went on until now, and goes on. */
  async end(): Promise<void> {
    await this.pause();
    await this.#round();
    await this.#round(LARGE_BYTES);
    this.#tx.close();
    expect(await this.#rx.recv()).toBe(undefined);
    await this.#echoing;
  }

  /** The connection has ended, which both sides are told. */
  async failed(): Promise<void> {
    const { a, b } = this.#pair;
    const there = await errorOf(this.#echoing);
    expect(there).toMatchObject({ name: "CuttleError", code: codeOf(await errorOf(a.closed)) });
    const here = await errorOf(this.#running);
    expect(here).toMatchObject({ name: "CuttleError", code: codeOf(await errorOf(b.closed)) });
  }

  async #run(): Promise<void> {
    while (!this.#isPaused) {
      await this.#round();
      await turn();
    }
  }

  async #round(lengthBytes = 4): Promise<void> {
    this.#rounds += 1;
    const bytes = new Uint8Array(lengthBytes).fill(this.#rounds);
    // Both at once: more than the credits allow is read while it is written.
    const [got] = await Promise.all([this.#rx.recv(), this.#tx.send(bytes)]);
    expect(got === undefined ? undefined : Buffer.compare(got, bytes)).toBe(0);
    for (const end of [this.#pair.a, this.#pair.b]) expect(end.stats().bufferedBytes).toBeLessThan(MOST_BYTES);
  }
}

/** Sends back what comes, until the end. */
async function echoed({ there, back }: Beside): Promise<void> {
  for await (const bytes of there) await back.send(bytes);
  back.close();
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}
