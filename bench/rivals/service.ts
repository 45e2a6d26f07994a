/** What a server does for the libraries that call methods of an object, and what several clients need. */

/** The methods. One for each connection. */
export class Service {
  #notes = 0;
  #wanted: { count: number; resolve(): void } | undefined;

  /** Answers with its argument. */
  call(value: number): number {
    return value;
  }

  /** Answers with the length of what arrived, after decoding base64 where the library carries text only. */
  upload(data: Uint8Array | string): number {
    return (typeof data === "string" ? fromBase64(data) : data).length;
  }

  /** A number that is not answered. */
  note(_value: number): void {
    this.#notes += 1;
    if (this.#wanted !== undefined && this.#notes >= this.#wanted.count) this.#reached(this.#wanted);
  }

  /** Resolves when `count` notes have come since the last time. */
  async noted(count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const wanted = { count, resolve };
      if (this.#notes >= count) this.#reached(wanted);
      else this.#wanted = wanted;
    });
  }

  #reached({ resolve }: { resolve(): void }): void {
    this.#notes = 0;
    this.#wanted = undefined;
    resolve();
  }
}

/** Counts what arrives; `done` resolves with the last one. */
export function countdown(count: number): { one(): void; done: Promise<void> } {
  let left = count;
  let finish = (): void => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const one = (): void => {
    left -= 1;
    if (left === 0) finish();
  };
  return { one, done };
}

/** Runs `send` for 0 to `count` - 1 and lets other tasks run now and then, as a program would that has more to do. */
export async function paced(count: number, send: (value: number) => void): Promise<void> {
  for (let value = 0; value < count; value += 1) {
    send(value);
    if (value % 1_000 === 999) await nextTask();
  }
}

/** Resolves in a task of its own. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") return setImmediate(resolve);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** The fastest base64 that the realm has. */
export function toBase64(bytes: Uint8Array): string {
  if (typeof Buffer === "function") return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
  return (bytes as Uint8Array & { toBase64(): string }).toBase64();
}

function fromBase64(text: string): Uint8Array {
  if (typeof Buffer === "function") return Buffer.from(text, "base64");
  return (Uint8Array as typeof Uint8Array & { fromBase64(text: string): Uint8Array }).fromBase64(text);
}
