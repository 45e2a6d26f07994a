import { socketCarrier, workerCarrier } from "./raw-carriers.ts";
import { answerRaw, type Carrier, Kind, message, numberIn, sendNotes, sendRawBulk } from "./raw-messages.ts";
import type { Client, Place, Rival } from "./rival.ts";

/** The carrier alone: a WebSocket, or a worker's own port. */
export const raw: Rival = {
  name: "raw",
  level: "raw",
  async connect(place: Place): Promise<Client> {
    if (typeof place !== "string") {
      const client: RawClient = new RawClient(
        workerCarrier(place, (bytes) => client.take(bytes)),
        () => {},
      );
      return client;
    }
    const socket = new WebSocket(place);
    socket.binaryType = "arraybuffer";
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", reject);
    });
    const client = new RawClient(socketCarrier(socket), () => socket.close());
    socket.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer>) => client.take(new Uint8Array(data)));
    return client;
  },
  answer(worker) {
    const carrier: Carrier = workerCarrier(worker, (bytes) => void answerRaw(bytes, carrier));
  },
};

class RawClient implements Client {
  readonly close: () => void;
  readonly #carrier: Carrier;
  /** Who waits for an answer, oldest first: everything is answered in order, except that an upload has its own kind. */
  readonly #waiting = new Map<number, ((value: number) => void)[]>();
  /** Messages that the server still owes, and what to do when it does not any more. */
  #due = 0;
  #all = (): void => {};

  constructor(carrier: Carrier, close: () => void) {
    this.#carrier = carrier;
    this.close = close;
  }

  /** Takes a message of the server. */
  take(bytes: Uint8Array): void {
    const kind = bytes[0] ?? 0;
    if (kind === Kind.note || kind === Kind.bulk) {
      if (kind === Kind.bulk) this.#carrier.took();
      this.#due -= 1;
      if (this.#due === 0) this.#all();
    } else {
      this.#waiting.get(kind)?.shift()?.(numberIn(bytes));
    }
  }

  call(value: number): Promise<number> {
    return this.#ask(Kind.call, message(Kind.call, value));
  }

  upload(bytes: Uint8Array): Promise<number> {
    const whole = new Uint8Array(bytes.length + 1);
    whole[0] = Kind.upload;
    whole.set(bytes, 1);
    return this.#ask(Kind.upload, whole);
  }

  async push(count: number): Promise<void> {
    await sendNotes(count, this.#carrier);
    await this.#ask(Kind.mark, message(Kind.mark, 0));
  }

  pull(count: number): Promise<void> {
    return this.#wait(count, Kind.pull);
  }

  async bulkUp(count: number): Promise<void> {
    await sendRawBulk(count, this.#carrier);
    await this.#ask(Kind.mark, message(Kind.mark, 0));
  }

  bulkDown(count: number): Promise<void> {
    return this.#wait(count, Kind.pullBulk);
  }

  async #wait(count: number, kind: number): Promise<void> {
    this.#due = count;
    await new Promise<void>((resolve) => {
      this.#all = resolve;
      this.#carrier.send(message(kind, count));
    });
  }

  #ask(kind: number, bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(kind) ?? [];
      waiting.push(resolve);
      this.#waiting.set(kind, waiting);
      this.#carrier.send(bytes);
    });
  }
}
