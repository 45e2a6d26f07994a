/** A program tested over a network that is slow, and then gone. */

// #region readme
import { consume, provide } from "../../ts/index.ts";
import { pair } from "../../ts/testing.ts";

const clock = { hoursSince: (ms: number) => ms / 3_600_000 };

/** A call over a slow network, which takes no time to test. */
export async function roundTrip(): Promise<{ result: number; tookMs: number }> {
  const net = pair({ latencyMs: 80, rate: "10Mbit" });
  const remote = await net.run(connected(net));
  const before = net.clock.now();
  const result = await net.run(remote.hoursSince(7_200_000));
  return { result, tookMs: net.clock.now() - before };
}

/** A network that breaks while a call is under way; what the caller hears. */
export async function lost(): Promise<unknown> {
  const net = pair({ latencyMs: 80, cutAfterMs: 4_000 });
  const remote = await net.run(connected(net));
  await net.advance(3_990);
  return await net.run(remote.hoursSince(1)).catch((error: unknown) => error);
}

async function connected(net: ReturnType<typeof pair>) {
  const [, remote] = await Promise.all([
    provide(clock, { to: net.a, ...net.options }),
    consume<typeof clock>(net.b, net.options),
  ]);
  return remote;
}
// #endregion
