import { type Codec, connect, memoryPair, mpsc, t } from "../../ts/index.ts";

/** A frame as PROTOCOL.md shows it, with the way it went. */
export interface Shown {
  readonly way: "A→B" | "B→A";
  readonly hex: string;
}

/**
 * The frames of a whole session between two ends of cuttle: A asks B to count to 2 into a channel, and closes. Port
 * numbers of A count from 0x101, those of B from 0x201.
 */
export async function countSession(codec: Codec): Promise<Shown[]> {
  const frames: Shown[] = [];
  const { a, b } = memoryPair({
    tap: (direction, frame) => frames.push({ way: direction === "a-to-b" ? "A→B" : "B→A", hex: hex(frame) }),
  });
  const CountReq = t.struct({ up_to: t.u32, seq_tx: t.mpsc.sender(t.u32) });
  const [near, far] = await Promise.all([
    connect(a, { send: CountReq, codec, seed: 0x100 }),
    connect(b, { receive: CountReq, codec, seed: 0x200 }),
  ]);
  const [seq_tx, seq_rx] = mpsc.channel(t.u32);
  await near.tx.send({ up_to: 2, seq_tx });
  const request = await far.rx.recv();
  if (request === undefined) throw new Error("the request did not come");
  for (let i = 0; i < request.up_to; i++) await request.seq_tx.send(i);
  request.seq_tx.close();
  for await (const _ of seq_rx);
  await near.close();
  await far.closed;
  return frames;
}

/** Bytes as PROTOCOL.md shows them. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
