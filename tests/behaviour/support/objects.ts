import { expect } from "vitest";
import {
  consumeObjectOver,
  type ObjectConnection,
  type ObjectOptions,
  provideObjectOver,
} from "../../../ts/connect/objects.ts";
import { connectionOf, type Remote } from "../../../ts/index.ts";
import { carriers, type Kind } from "./carriers.ts";
import { VirtualClock } from "./clock.ts";
import { until } from "./wait.ts";

/** Two sides: one provides `object`, the other consumes it. */
export interface Objects<T> {
  readonly remote: Remote<T>;
  readonly provider: ObjectConnection;
  readonly consumer: ObjectConnection;
  cut(): void;
  /** Closes, and checks that nothing is left on either side. */
  end(): Promise<void>;
}

/** Connects two sides over a real transport. */
export async function objects<T extends object>(
  kind: Kind,
  object: T,
  options: ObjectOptions = {},
): Promise<Objects<T>> {
  const clock = new VirtualClock();
  const below = await carriers(kind);
  const [provider, remote] = await Promise.all([
    provideObjectOver(below.a, object, { ...options, clock }),
    consumeObjectOver<T>(below.b, { ...options, clock }),
  ]);
  const consumer = connectionOf(remote);
  return {
    remote,
    provider,
    consumer,
    cut: () => below.cut(),
    async end() {
      await consumer.close();
      await provider.closed.catch(() => undefined);
      await until(
        () => clock.timers === 0,
        () => `no timers are left, not ${clock.timers}`,
      );
      for (const conn of [provider, consumer]) {
        expect(conn.stats()).toMatchObject({ ports: 0, bufferedBytes: 0 });
        expect(conn.stats().objects).toEqual({ exports: 0, imports: 0, questions: 0, answers: 0, promises: 0 });
      }
      await below.dispose();
    },
  };
}
