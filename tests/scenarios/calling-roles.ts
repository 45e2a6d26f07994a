/** What the owners of the scenarios `counter` and `objects` have, as the Rust peers do. */

import {
  type ArgsOf,
  type CallContext,
  functions,
  Handle,
  type Impl,
  Lazy,
  LazyBlob,
  mpsc,
  RwLockOwner,
  serveObject,
  t,
  watch,
} from "../../ts/index.ts";
import { type Counter, FnError, IncreaseError, type Objects, Secret, Session } from "./calling-types.ts";
import { itemOf } from "./items.ts";

type Arguments<K extends PropertyKey> = ArgsOf<typeof Counter, K>;

/** A counter that is at 0. */
export class CounterImpl implements Impl<typeof Counter> {
  readonly #value = watch.channel(t.u32, 0)[0];
  #cancelled = 0;

  value(): number {
    return this.#value.borrow();
  }

  watch(): watch.Receiver<number> {
    return this.#value.subscribe();
  }

  increase({ by }: Arguments<"increase">): null {
    const current_value = this.#value.borrow();
    if (current_value + by > 0xffff_ffff) throw IncreaseError.error({ Overflow: { current_value } });
    this.#value.send(current_value + by);
    return null;
  }

  count_to_value({ step }: Arguments<"count_to_value">): mpsc.Receiver<number> {
    const [tx, rx] = mpsc.channel(t.u32);
    const count = async (): Promise<void> => {
      for (let number = 0; number < this.#value.borrow(); number += step) await tx.send(number);
      tx.close();
    };
    count().catch(() => tx.close());
    return rx;
  }

  async wait({ begun }: Arguments<"wait">, { signal }: CallContext): Promise<null> {
    await begun.send(null);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    this.#cancelled += 1;
    return null;
  }

  cancelled(): number {
    return this.#cancelled;
  }

  async insist({ begun, go }: Arguments<"insist">): Promise<null> {
    await begun.send(null);
    await go.recv();
    this.#cancelled += 100;
    return null;
  }

  text({ len }: Arguments<"text">): string {
    return "x".repeat(len);
  }

  measure({ text, twice }: Arguments<"measure">): number {
    return text.length * (twice ? 2 : 1);
  }

  open({ name }: Arguments<"open">) {
    return serveObject(Session, { name: () => name, end: () => `${name} has ended` }).client;
  }

  unknown_to_peer(): number {
    return 1;
  }
}

/** Everything that the scenario `objects` gives; `release` waits until nobody uses it, and ends what its owner keeps. */
export function makeObjects(): { objects: Objects; release(): Promise<void> } {
  let number = 0;
  const owner = new RwLockOwner(t.u32, 7);
  const { fn: add, provider } = functions.provide(async (a: number, b: number) => {
    if (a + b > 1_000) throw FnError.error({ TooLarge: { limit: 1_000 } });
    return a + b;
  });
  const objects: Objects = {
    add,
    async next() {
      number += 1;
      return number;
    },
    last: async (text) => `last ${text}`,
    secret: Handle.of(new Secret("xyzzy")),
    async reveal(secret) {
      const { text } = secret.value;
      secret.drop();
      return text;
    },
    lazy: Lazy.of("fetched"),
    blob: LazyBlob.of(itemOf(0, 300_000)),
    lock: owner.rwLock(),
    apply: async (add) => {
      try {
        return await add(3, 4);
      } finally {
        functions.release(add);
      }
    },
  };
  return {
    objects,
    async release() {
      await provider.done();
      // A holder in Rust keeps its copy until then.
      owner.close();
      objects.lock.drop();
    },
  };
}
