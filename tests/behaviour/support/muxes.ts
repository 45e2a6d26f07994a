import { expect } from "vitest";
import { memoryPair } from "../../../ts/index.ts";
import { connectMux, type Multiplexer, type MultiplexerOptions, type RawPort } from "../../../ts/mux.ts";
import { VirtualClock } from "./clock.ts";
import { outcome, turns } from "./wait.ts";

/** Windows and chunks so small that a message of 30 bytes is cut and has to wait. */
export const TINY: MultiplexerOptions = { limits: { portWindowBytes: 64, chunkBytes: 16 } };

/** Two ends of a connection, and how it is broken. */
export interface MuxPair {
  readonly a: Multiplexer;
  readonly b: Multiplexer;
  readonly clock: VirtualClock;
  cut(): void;
}

/** Connects two multiplexers. */
export async function muxPair(
  options: MultiplexerOptions = {},
  seeds: [number, number] = [100, 200],
): Promise<MuxPair> {
  const clock = new VirtualClock();
  const below = memoryPair();
  const [a, b] = await Promise.all([
    connectMux(below.a, { clock, seed: seeds[0], ...options }),
    connectMux(below.b, { clock, seed: seeds[1], ...options }),
  ]);
  return { a, b, clock, cut: below.cut };
}

/** A port from `a` to `b`, both ends of it. */
export async function portBetween(a: Multiplexer, b: Multiplexer, id?: number): Promise<[RawPort, RawPort]> {
  const [near, request] = await Promise.all([a.open(id === undefined ? {} : { id }), accepted(b)]);
  return [near, request];
}

async function accepted(mux: Multiplexer): Promise<RawPort> {
  const request = await mux.accept();
  if (request === undefined) throw new Error("no port was requested");
  return request.accept();
}

/** Closes multiplexers, and checks that nothing is left of them. */
export async function assertNothingLeft(clock: VirtualClock, ...muxes: Multiplexer[]): Promise<void> {
  await Promise.all(muxes.map((mux) => mux.close()));
  await turns(2);
  for (const mux of muxes) {
    await outcome(mux.closed);
    expect(mux.stats()).toMatchObject({ ports: 0, bufferedBytes: 0 });
  }
  expect(clock.timers, "timers left").toBe(0);
}
