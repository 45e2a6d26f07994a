/** `cuttle/mux` with the multiplexer of stock remoc, `ChMux::new`, whose role is `raw` of tests/interop/README.md. */

import { describe, expect, test } from "vitest";
import { memoryPair } from "../../ts/index.ts";
import { connectMux, type Multiplexer, type MultiplexerOptions, type RawPort } from "../../ts/mux.ts";
import { useRustPeers, versions, watchEndings } from "./support.ts";

const peerOf = useRustPeers();

describe.each(versions)("the multiplexer of remoc %s", (version) => {
  describe.each([
    ["with all that cuttle can", {}],
    ["as 0.18", { capabilities: [] }],
    ["with windows of 64 bytes", { limits: { portWindowBytes: 64, chunkBytes: 16 } }],
  ] as const satisfies readonly (readonly [string, MultiplexerOptions])[])("%s", (_, options) => {
    /** Connects, lets `use` do its part, ends everything, and checks that the peer saw an orderly end. */
    async function connected(use: (mux: Multiplexer, first: RawPort) => Promise<void>): Promise<void> {
      const peer = peerOf(version);
      const endings = watchEndings(peer);
      const mux = await connectMux(`${peer.url}/raw/postbag`, options);
      const first = (await mux.accept())?.accept() as RawPort;
      expect(await text(first)).toBe("opened");
      await use(mux, first);
      first.finish();
      mux.closeClient();
      mux.closeListener();
      await mux.closed;
      expect(await endings()).toEqual(["ended orderly"]);
      expect(mux.stats()).toMatchObject({ ports: 0, bufferedBytes: 0 });
    }

    test("ports are requested, accepted and rejected with the reason", async () => {
      await connected(async (mux) => {
        for (const [id, noPorts] of [
          [5, false],
          [6, true],
        ] as const) {
          await expect(mux.open({ id })).rejects.toMatchObject({ code: "remote_rejected", data: { noPorts } });
        }
        const port = await mux.open({ id: 4 });
        await port.send(bytes("hello"));
        expect(await text(port)).toBe("hello");
        port.finish();
      });
    });

    test("messages of every length come back, those above its buffer in pieces", async () => {
      await connected(async (_mux, port) => {
        for (const length of [0, 1, 100, 16_384, 100_000, 700_000]) {
          const message = new Uint8Array(length).map((_, at) => at * 7);
          const sending = port.send(message);
          const back = await port.receive();
          expect(back?.kind === "bytes" && Buffer.compare(back.bytes, message), `${length} bytes`).toBe(0);
          await sending;
        }
      });
    });

    test("a message sent piece by piece is one, and a cancelled one is not seen", async () => {
      await connected(async (_mux, port) => {
        const given = port.startMessage();
        await given.send(bytes("given up"));
        given.cancel();
        const writer = port.startMessage();
        for (const piece of ["one ", "two ", "three"]) await writer.send(bytes(piece));
        await writer.end();
        expect(await text(port)).toBe("one two three");
      });
    });

    test("ports are requested over ports in both directions, with labels and answers", async () => {
      await connected(async (_mux, port) => {
        const [kept, rejected, exhausted] = await port.connect([8, 9, 10]);
        await kept?.opened;
        await expect(rejected?.opened).rejects.toMatchObject({ code: "remote_rejected", data: { noPorts: false } });
        await expect(exhausted?.opened).rejects.toMatchObject({ code: "remote_rejected", data: { noPorts: true } });
        await kept?.send(bytes("nested"));
        expect(await text(kept as RawPort)).toBe("nested");
        kept?.finish();
        await port.send(bytes("list"));
        const list = await port.receive();
        if (list?.kind !== "ports") throw new Error("no list");
        expect(list.requests.map(({ id, isInList }) => [id, isInList])).toEqual([
          [500, true],
          [501, true],
        ]);
        list.requests[1]?.reject();
        const accepted = list.requests[0]?.accept() as RawPort;
        expect(await text(accepted)).toBe("accepted");
        await accepted.send(bytes("back"));
        expect(await text(accepted)).toBe("back");
        accepted.finish();
      });
    });

    test("a port of it is forwarded to another program, with what is requested over it", async () => {
      await connected(async (_mux, port) => {
        const below = memoryPair();
        const [near, middle] = await Promise.all([connectMux(below.a), connectMux(below.b)]);
        const [asked, request] = await Promise.all([near.open(), middle.accept()]);
        const forwarding = request?.accept().forward(port);
        const message = new Uint8Array(200_000).map((_, at) => at);
        const sending = asked.send(message);
        expect(await asked.receive()).toEqual({ kind: "bytes", bytes: message });
        await sending;
        const [kept, rejected] = await asked.connect([8, 10]);
        await kept?.opened;
        await expect(rejected?.opened).rejects.toMatchObject({ data: { noPorts: true } });
        await kept?.send(bytes("nested"));
        expect(await text(kept as RawPort)).toBe("nested");
        await asked.send(bytes("list"));
        const list = await asked.receive();
        expect(list?.kind === "ports" && list.requests.map(({ id }) => id)).toEqual([500, 501]);
        const [first, second] = list?.kind === "ports" ? list.requests : [];
        second?.reject();
        const accepted = first?.accept() as RawPort;
        expect(await text(accepted)).toBe("accepted");
        for (const one of [accepted, kept, asked]) one?.finish();
        await forwarding;
        await Promise.all([near.close(), middle.close()]);
      });
    });
  });
});

function bytes(message: string): Uint8Array {
  return new TextEncoder().encode(message);
}

async function text(port: RawPort): Promise<string> {
  const message = await port.receive();
  if (message?.kind !== "bytes") throw new Error(`no bytes but ${JSON.stringify(message)}`);
  return new TextDecoder().decode(message.bytes);
}
