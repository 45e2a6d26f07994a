import { EventEmitter } from "node:events";
import type { MessagePort as NodePort } from "node:worker_threads";

/** A port as Electron's main process has it: Node-style events that bring events, and no buffers to be moved. */
export class ElectronPort extends EventEmitter {
  readonly #port: NodePort;

  constructor(port: NodePort) {
    super();
    this.#port = port;
    port.on("close", () => this.emit("close"));
  }

  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    if (transfer.length > 0) throw new TypeError("Port at index 0 is not a valid port");
    this.#port.postMessage(message);
  }

  start(): void {
    this.#port.on("message", (data: unknown) => this.emit("message", { data, ports: [] }));
  }

  close(): void {
    this.#port.close();
  }
}
