import { expect, test } from "vitest";
import { dataChannels } from "../../tests/behaviour/support/data-channels.ts";
import { describeTransport } from "./compliance.ts";
import { dataChannelTransport } from "./data-channel.ts";
import { recorder } from "./recorder.ts";

/** What both implementations and Chromium announce. */
const MAX_MESSAGE_BYTES = 262_144;

describeTransport("data channel", async () => {
  const [a, b] = await dataChannels();
  return {
    a: dataChannelTransport(a),
    b: dataChannelTransport(b),
    maxFrameBytes: MAX_MESSAGE_BYTES,
    dispose() {
      a.close();
      b.close();
    },
  };
});

test.each([{ ordered: false }, { maxRetransmits: 3 }, { maxPacketLifeTime: 100 }])(
  "T01: a channel that may lose or reorder messages is refused: %o",
  async (settings) => {
    const [a, b] = await dataChannels();
    const unreliable = { ...settings, readyState: "open", bufferedAmount: 0 } as unknown as typeof a;
    expect(() => dataChannelTransport(unreliable)).toThrow(/^local_misuse/);
    a.close();
    b.close();
  },
);

test("a text message is the fault of the peer", async () => {
  const [a, b] = await dataChannels();
  const sink = recorder();
  await dataChannelTransport(a).start(sink);
  (b as unknown as { send(text: string): void }).send("hello");
  expect((await sink.untilEnd()).error).toMatchObject({ code: "peer_protocol" });
  b.close();
});

test("a message above what the channel takes fails the transport and says its size", async () => {
  const [a, b] = await dataChannels();
  const transport = dataChannelTransport(a);
  const sink = recorder();
  await transport.start(sink);
  transport.send(new Uint8Array(MAX_MESSAGE_BYTES + 1));
  expect((await sink.untilEnd()).error).toMatchObject({ code: "transport_lost", message: /262145 bytes/ });
  b.close();
});
