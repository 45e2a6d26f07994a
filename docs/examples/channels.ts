// #region readme
import {
  bin,
  broadcast,
  connect,
  io,
  isItemSpecific,
  lr,
  mpsc,
  oneshot,
  type Target,
  t,
  transfer,
  watch,
} from "../../ts/index.ts";

/** Jobs for several workers: each job goes to one of them, and a slow one gets fewer. */
export async function shareOut(jobs: readonly number[]): Promise<number[]> {
  const [tx, rx] = mpsc.channel(t.u32);
  const distributor = rx.distribute();
  const results: number[] = [];
  const work = [1, 2, 3].map(async () => {
    const { receiver } = distributor.subscribe(); // could be sent to a worker or to another machine
    for await (const job of receiver) results.push(job * job);
  });
  for (const job of jobs) await tx.send(job);
  tx.close();
  await Promise.all(work);
  return results.sort((a, b) => a - b);
}

/** Makes a value only when there is room for it. */
export async function newestReading(measure: () => number): Promise<number | undefined> {
  const [tx, rx] = mpsc.channel(t.f64, { capacity: 1 });
  const permit = await tx.reserve();
  permit.send(measure());
  tx.close();
  return await rx.recv();
}

/** The newest value, and no more than ten a second over a connection. */
export async function follow(show: (price: number) => void): Promise<void> {
  const [tx, rx] = watch.channel(t.f64, 100);
  rx.rateLimitMs = 100; // travels with the receiver when it is sent
  tx.sendIfDifferent(101);
  tx.close();
  for await (const price of rx) show(price);
}

/** Everybody hears everything, or is told that something was missed. */
export async function tellAll(): Promise<string[]> {
  const [tx, first] = broadcast.channel(t.str, { sendBuffer: 2 });
  const second = tx.subscribe();
  const sent = await Promise.all([tx.sendAndWait("hello"), first.recv(), second.recv()]);
  tx.close();
  return sent.slice(1) as string[];
}

/** A file of known size: its end is checked, and both sides see how far it is. */
export async function upload(file: Uint8Array, show: (percent: number) => void): Promise<Uint8Array> {
  const [tx, rx] = io.sized(file.length);
  const sending = tx.send(file).then(() => tx.close());
  const onProgress = ({ doneBytes }: { doneBytes: number }): void => show((100 * doneBytes) / file.length);
  const received = await rx.readAll({ onProgress });
  await sending;
  return received;
}

/** Bytes through a Web Stream, here compressed on their way. */
export async function compressed(text: string): Promise<number> {
  const [tx, rx] = bin.channel();
  const source = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  const piped = source.pipeTo(tx.writable as WritableStream);
  let lenBytes = 0;
  for await (const bytes of rx) lenBytes += bytes.length;
  await piped;
  return lenBytes;
}

/** One message that nobody has whole: written and read piece by piece. */
export async function lineByLine(lines: Iterable<string>): Promise<number> {
  const [tx, rx] = bin.channel();
  const writing = (async () => {
    const writer = tx.startMessage();
    for (const line of lines) await writer.send(new TextEncoder().encode(`${line}\n`));
    await writer.end();
  })();
  let lenBytes = 0;
  for (let piece = await rx.recvPiece(); piece !== undefined; piece = await rx.recvPiece()) {
    lenBytes += piece.bytes.length;
    if (piece.last) break;
  }
  await writing;
  return lenBytes;
}

/** Gives a picture away: to a worker its memory moves, and nothing is copied. */
export async function hand(picture: ImageData, tx: bin.Sender): Promise<void> {
  await tx.send(transfer(picture.data.buffer as ArrayBuffer)); // `picture` is empty from here on
}

/** Goes on after what concerns one value alone. */
export async function readable(numbers: mpsc.Receiver<number>): Promise<number[]> {
  const all: number[] = [];
  for (;;) {
    try {
      const number = await numbers.recv();
      if (number === undefined) return all;
      all.push(number);
    } catch (error) {
      if (!isItemSpecific(error)) throw error;
    }
  }
}

/** Waits for one answer, but not for ever. */
export async function answerWithin(ms: number): Promise<string> {
  const [tx, rx] = oneshot.channel(t.str);
  setTimeout(() => void tx.send("here it is").catch(() => undefined), 1);
  return await rx.recv({ signal: AbortSignal.timeout(ms) });
}

/** What an old contract asks for: a half that is sent once, and not sent on from there. */
const OldCount = t.struct({ up_to: t.u32, numbers: t.lr.sender(t.u32) });

/** Asks as the old contract says: the sender travels, the receiver stays. */
export async function askOld(target: Target, up_to: number): Promise<number[]> {
  await using conn = await connect(target, { send: OldCount });
  const [numbers, rx] = lr.channel(t.u32);
  await conn.tx.send({ up_to, numbers });
  const all: number[] = [];
  for await (const number of rx) all.push(number);
  return all;
}

/** Answers such requests for as long as the other side asks. */
export async function answerOld(target: Target): Promise<void> {
  await using conn = await connect(target, { receive: OldCount });
  for await (const { up_to, numbers } of conn.rx) {
    for (let number = 0; number < up_to; number++) await numbers.send(number);
    numbers.close();
  }
}
// #endregion
