import { newMessagePortRpcSession, newWebSocketRpcSession, RpcTarget } from "capnweb";
import type { Client, Place, Rival } from "./rival.ts";
import { countdown, nextTask, paced, Service } from "./service.ts";

/** The object that the server offers; calls that nobody awaits are sent and not answered. */
export class Main extends RpcTarget {
  readonly #service: Service = new Service();

  call(value: number): number {
    return this.#service.call(value);
  }

  upload(bytes: Uint8Array): number {
    return this.#service.upload(bytes);
  }

  note(value: number): void {
    this.#service.note(value);
  }

  noted(count: number): Promise<void> {
    return this.#service.noted(count);
  }

  async pull(count: number, take: (value: number) => unknown): Promise<void> {
    await paced(count, (value) => void take(value));
    // The stub is gone when this returns.
    await nextTask();
  }
}

type Remote = {
  call(value: number): Promise<number>;
  upload(bytes: Uint8Array): Promise<number>;
  note(value: number): Promise<void>;
  noted(count: number): Promise<void>;
  pull(count: number, take: (value: number) => void): Promise<void>;
  [Symbol.dispose](): void;
};

export const capnweb: Rival = {
  name: "capnweb",
  level: "value",
  async connect(place: Place): Promise<Client> {
    const main = (typeof place === "string" ? newWebSocketRpcSession(place) : sessionWith(place)) as Remote;
    await main.call(0);
    return {
      call: async (value) => await main.call(value),
      upload: async (bytes) => await main.upload(bytes),
      async push(count) {
        await paced(count, (value) => void main.note(value));
        await main.noted(count);
      },
      async pull(count) {
        const { one, done } = countdown(count);
        await main.pull(count, one);
        await done;
      },
      close: () => main[Symbol.dispose](),
    };
  },
  answer(worker) {
    worker.addEventListener("message", (event) => {
      const [port] = (event as MessageEvent).ports;
      newMessagePortRpcSession(port, new Main());
    });
  },
};

/** Its sessions run over a MessagePort, so the worker is given one. */
function sessionWith(worker: Worker): unknown {
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(null, [port2]);
  return newMessagePortRpcSession(port1);
}
