import { expose, proxy, wrap } from "comlink";
import type { Client, Place, Rival } from "./rival.ts";
import { countdown, paced, Service } from "./service.ts";

type Remote = {
  call(value: number): Promise<number>;
  upload(bytes: Uint8Array): Promise<number>;
  note(value: number): Promise<void>;
  noted(count: number): Promise<void>;
  pull(count: number, take: (value: number) => void): Promise<void>;
};

/** Workers only. Every call is answered, whether somebody awaits it or not. */
export const comlink: Rival = {
  name: "comlink",
  level: "value",
  async connect(place: Place): Promise<Client> {
    const remote = wrap(place) as Remote;
    await remote.call(0);
    return {
      call: (value) => remote.call(value),
      upload: (bytes) => remote.upload(bytes),
      async push(count) {
        await paced(count, (value) => void remote.note(value));
        await remote.noted(count);
      },
      async pull(count) {
        const { one, done } = countdown(count);
        await remote.pull(count, proxy(one));
        await done;
      },
      close() {},
    };
  },
  answer(worker) {
    const service = new Service();
    expose(
      {
        call: (value: number) => service.call(value),
        upload: (bytes: Uint8Array) => service.upload(bytes),
        note: (value: number) => service.note(value),
        noted: (count: number) => service.noted(count),
        pull: (count: number, take: (value: number) => unknown) => paced(count, (value) => void take(value)),
      },
      worker,
    );
  },
};
