import { CuttleError } from "../../ts/index.ts";
import { deferred } from "../../ts/util/deferred.ts";
import { sleep } from "../pace.ts";
import type { RoomLink } from "./link.ts";
import type { Hear, Line, OnStored } from "./room.ts";

/** From the page, as JSON; the pieces of an upload are binary messages between `begin` and `end`. */
export type NaiveRequest = { readonly say: string } | { readonly upload: "begin" | "end" };

/** From the server, as JSON. */
export type NaiveAnswer =
  | { readonly joined: string }
  | { readonly hear: Line }
  | { readonly said: number }
  | { readonly stored: number }
  | { readonly uploaded: number };

/** So much may wait in the socket, lest the tab runs out of memory; many programs have no bound at all. */
const BUFFERED_BYTES = 64 * 1024 ** 2;
/** A WebSocket does not tell when there is room. */
const POLL_MS = 20;

/** Chat and uploads over one raw WebSocket: everything waits for what was sent before it. */
export async function enterNaiveRoom(hear: Hear): Promise<RoomLink> {
  const socket = new WebSocket("/naive");
  const answers = new Answers(hear);
  const joined = deferred<void>();
  const closed = deferred<void>();
  socket.onmessage = ({ data }) => {
    const answer = JSON.parse(data) as NaiveAnswer;
    if ("joined" in answer) joined.resolve();
    else answers.take(answer);
  };
  const end = (error: CuttleError): void => {
    joined.reject(error);
    closed.reject(error);
    answers.fail(error);
  };
  socket.onclose = ({ code }) => end(new CuttleError("transport_lost", `WebSocket closed with code ${code}`));
  await joined.promise;
  const isOpen = (): boolean => socket.readyState === WebSocket.OPEN;
  const send = (request: NaiveRequest): void => socket.send(JSON.stringify(request));
  return {
    say: (text) => {
      send({ say: text });
      return answers.nextSaid();
    },
    upload: async (pieces, onStored) => {
      answers.onStored = onStored;
      send({ upload: "begin" });
      for (const piece of pieces) {
        socket.send(piece as Uint8Array<ArrayBuffer>);
        while (isOpen() && socket.bufferedAmount > BUFFERED_BYTES) await sleep(POLL_MS);
        if (!isOpen()) await closed.promise;
      }
      send({ upload: "end" });
      return answers.nextUploaded();
    },
    closed: closed.promise,
    close: async () => {
      end(new CuttleError("local_closed", "the socket was closed"));
      socket.close();
    },
  };
}

type Waiting = ReturnType<typeof deferred<number>>;

/** Answers come in the order of the questions. */
class Answers {
  readonly #hear: Hear;
  readonly #said: Waiting[] = [];
  readonly #uploaded: Waiting[] = [];
  onStored: OnStored = () => {};

  constructor(hear: Hear) {
    this.#hear = hear;
  }

  take(answer: NaiveAnswer): void {
    if ("hear" in answer) this.#hear(answer.hear);
    else if ("said" in answer) this.#said.shift()?.resolve(answer.said);
    else if ("stored" in answer) this.onStored(answer.stored);
    else if ("uploaded" in answer) this.#uploaded.shift()?.resolve(answer.uploaded);
  }

  nextSaid(): Promise<number> {
    return next(this.#said);
  }

  nextUploaded(): Promise<number> {
    return next(this.#uploaded);
  }

  fail(error: CuttleError): void {
    for (const waiting of [...this.#said.splice(0), ...this.#uploaded.splice(0)]) waiting.reject(error);
  }
}

function next(queue: Waiting[]): Promise<number> {
  const waiting = deferred<number>();
  queue.push(waiting);
  return waiting.promise;
}
