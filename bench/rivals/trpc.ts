import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import type { Client, Place, Rival } from "./rival.ts";
import { countdown, toBase64 } from "./service.ts";

interface Mutation<In, Out> {
  mutate(input: In): Promise<Out>;
}

interface Procedures {
  answer: Mutation<number, number>;
  upload: Mutation<string, number>;
  note: Mutation<number, void>;
  numbers: {
    subscribe(count: number, handlers: { onData(value: unknown): void; onError(error: unknown): void }): unknown;
  };
}

/** Its link over WebSocket carries JSON: bytes go as base64. Every message to the server is answered. */
export const trpc: Rival = {
  name: "tRPC",
  level: "value",
  async connect(place: Place): Promise<Client> {
    const socket = createWSClient({ url: place as string });
    const procedures = createTRPCClient({ links: [wsLink({ client: socket })] }) as Procedures;
    await procedures.answer.mutate(0);
    return {
      call: (value) => procedures.answer.mutate(value),
      upload: (bytes) => procedures.upload.mutate(toBase64(bytes)),
      push: (count) => inFlight(count, (value) => procedures.note.mutate(value)),
      async pull(count) {
        const { one, done } = countdown(count);
        procedures.numbers.subscribe(count, { onData: one, onError: (error) => console.error(error) });
        await done;
      },
      close: () => void socket.close(),
    };
  },
};

/** Messages that wait for their answers at the same time. */
const WIDTH = 256;

async function inFlight(count: number, send: (value: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await send(next++);
  };
  await Promise.all(Array.from({ length: WIDTH }, lane));
}
