import { expect, test } from "vitest";
import { bin, connect, memoryPair, mpsc, t } from "../../ts/index.ts";

const Channels = t.vec(t.bin.receiver);
const KIB = 1024;

/** Two ends, of which the second one keeps at most `bufferedBytes`. */
async function met(bufferedBytes: number) {
  const pair = memoryPair();
  const [client, server] = await Promise.all([
    connect(pair.a, { send: Channels }),
    connect(pair.b, { receive: Channels, limits: { bufferedBytes, portWindowBytes: 32 * KIB } }),
  ]);
  return { client, server };
}

test("C09: what nobody takes stops at the budget, the fullest receivers are told, and the others go on", async () => {
  const { client, server } = await met(128 * KIB);
  const channels = Array.from({ length: 6 }, () => bin.channel());
  await client.tx.send(channels.map(([, rx]) => rx));
  const received = (await server.rx.recv()) ?? [];
  const sends = channels.map(async ([tx]) => {
    for (let index = 0; index < 8; index += 1) await tx.send(new Uint8Array(30 * KIB).fill(index));
    tx.close();
  });
  const outcomes = Promise.allSettled(sends);
  await settled(() => server.stats().bytesReceived);
  // Those that were not given up are read to the end.
  const results = await Promise.all(received.map((rx) => readAll(rx)));
  const whole = results.filter(Array.isArray);
  for (const result of results) {
    if (!Array.isArray(result)) expect(result).toMatchObject({ code: "local_limit" });
  }
  expect(whole.length).toBeGreaterThan(0);
  expect(whole.length).toBeLessThan(6);
  expect(whole).toEqual(whole.map(() => [0, 1, 2, 3, 4, 5, 6, 7]));
  const codes = (await outcomes).map((outcome) => (outcome.status === "fulfilled" ? "sent" : outcome.reason.code));
  expect(codes.filter((code) => code === "sent").length).toBe(whole.length);
  expect(codes.filter((code) => code === "remote_closed").length).toBe(6 - whole.length);
  await client.close();
  await server.closed;
});

test("values larger than the budget arrive, also several at a time", async () => {
  const { client, server } = await met(512 * KIB);
  const channels = Array.from({ length: 4 }, () => bin.channel());
  await client.tx.send(channels.map(([, rx]) => rx));
  const received = (await server.rx.recv()) ?? [];
  const messages = channels.map((_, index) => new Uint8Array(1_500 * KIB).fill(index));
  const sends = channels.map(([tx], index) => tx.send(messages[index] as Uint8Array));
  const results = await Promise.all(received.map((rx) => rx.recv()));
  await Promise.all(sends);
  expect(results.map((bytes) => [bytes?.length, bytes?.[0]])).toEqual(
    messages.map((bytes) => [bytes.length, bytes[0]]),
  );
  await client.close();
  await server.closed;
});

test("an urgency that is none is refused where the channel is made", () => {
  for (const urgency of [-1, 8, 1.5, Number.NaN]) {
    expect(() => mpsc.channel(t.u32, { urgency })).toThrow(expect.objectContaining({ code: "local_misuse" }));
    expect(() => bin.channel({ urgency })).toThrow(expect.objectContaining({ code: "local_misuse" }));
  }
  mpsc.channel(t.u32, { urgency: 7, incremental: false });
});

test("a channel that is urgent is served before one that is not", async () => {
  const { client, server } = await met(16 * KIB * KIB);
  const [slow, slowRx] = bin.channel({ urgency: 7 });
  const [fast, fastRx] = bin.channel({ urgency: 0 });
  await client.tx.send([slowRx, fastRx]);
  const [slowEnd, fastEnd] = (await server.rx.recv()) ?? [];
  const order: string[] = [];
  const reading = [slowEnd?.recv().then(() => order.push("slow")), fastEnd?.recv().then(() => order.push("fast"))];
  const sending = [slow.send(new Uint8Array(1 << 20)), fast.send(new Uint8Array(1 << 20))];
  await Promise.all([...reading, ...sending]);
  expect(order).toEqual(["fast", "slow"]);
  await client.close();
  await server.closed;
});

async function readAll(rx: AsyncIterable<Uint8Array>): Promise<unknown> {
  const first: (number | undefined)[] = [];
  try {
    for await (const bytes of rx) first.push(bytes[0]);
    return first;
  } catch (error) {
    return error;
  }
}

/** Resolves once `count` has stayed the same for many turns. */
async function settled(count: () => number): Promise<void> {
  for (let last = -1, still = 0; still < 50; ) {
    await new Promise((resolve) => setImmediate(resolve));
    still = count() === last ? still + 1 : 0;
    last = count();
  }
}
