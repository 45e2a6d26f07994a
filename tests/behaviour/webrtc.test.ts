import { RTCPeerConnection } from "node-datachannel/polyfill";
import { expect, test } from "vitest";
import {
  connectionOf,
  consume,
  type DirectOptions,
  openDataChannel,
  openDirect,
  provide,
  type Signaling,
  type SignalMessage,
  Switchboard,
} from "../../ts/index.ts";
import { serve } from "../../ts/node/index.ts";
import { deferred } from "../../ts/util/deferred.ts";
import { VirtualClock } from "./support/clock.ts";
import { dataChannels, inNode, signaling } from "./support/data-channels.ts";
import { codeOf, turns, until } from "./support/wait.ts";

const api = { sum: (numbers: Float64Array) => numbers.reduce((a, b) => a + b, 0), echo: (text: string) => text };

test("plain objects work over a data channel, small calls beside a large argument", async () => {
  const [a, b] = await dataChannels();
  const [connection, remote] = await Promise.all([provide(api, { to: a }), consume<typeof api>(b)]);
  const large = remote.sum(new Float64Array(500_000).fill(2));
  expect(await remote.echo("hello")).toBe("hello");
  expect(await large).toBe(1_000_000);
  expect(connection.stats().transport).toBe("data-channel");
  await connectionOf(remote).close();
  await connection.closed;
  await until(
    () => a.readyState === "closed" && b.readyState === "closed",
    () => "both channels are closed",
  );
});

test("two clients of one server meet there, and then talk without it", async () => {
  const switchboard = new Switchboard();
  const server = await serve({ host: "127.0.0.1" }, (client) => client.provide({ switchboard }));
  const [one, two] = await Promise.all([
    consume<{ switchboard: Switchboard }>(server.url),
    consume<{ switchboard: Switchboard }>(server.url),
  ]);
  const channels = await Promise.all([
    openDirect(await one.switchboard, "a name", inNode),
    openDirect(await two.switchboard, "a name", inNode),
  ]);
  await connectionOf(one).close();
  await connectionOf(two).close();
  await server.close();
  const [connection, remote] = await Promise.all([provide(api, { to: channels[0] }), consume<typeof api>(channels[1])]);
  expect(await remote.echo("direct")).toBe("direct");
  await connectionOf(remote).close();
  await connection.closed;
});

test("when nobody answers, it fails in time and says what may help", async () => {
  const clock = new VirtualClock();
  const [one] = signaling();
  const opened = openDataChannel(one, { ...inNode, clock, timeoutMs: 1_000 });
  clock.advance(1_000);
  expect(await codeOf(opened)).toBe("transport_connect");
  await expect(opened).rejects.toThrow(/TURN/);
  expect(clock.timers).toBe(0);
});

test("signalling that fails once the channel is open leaves it alone", async () => {
  const [one, other] = signaling();
  const failing = deferred<never>();
  const cut: Signaling = { ...one, messages: firstOf(one.messages, failing.promise) };
  const [a, b] = await Promise.all([openDataChannel(cut, inNode), openDataChannel(other, inNode)]);
  failing.reject(new Error("the server is gone"));
  await turns(5);
  expect([a.readyState, b.readyState]).toEqual(["open", "open"]);
  const [connection, remote] = await Promise.all([provide(api, { to: a }), consume<typeof api>(b)]);
  expect(await remote.echo("still here")).toBe("still here");
  await connectionOf(remote).close();
  await connection.closed;
});

test("candidates that come before the description they belong to are kept for it", async () => {
  const [one, other] = signaling();
  const refused: unknown[] = [];
  class Watched extends RTCPeerConnection {
    override async addIceCandidate(candidate?: RTCIceCandidateInit): Promise<void> {
      await super.addIceCandidate(candidate as never).catch((error: unknown) => {
        refused.push(error);
        throw error;
      });
    }
  }
  const options = { RTCPeerConnection: Watched as unknown as DirectOptions["RTCPeerConnection"] } as DirectOptions;
  // Those of the side that offers are not sent before the answer.
  const channels = await Promise.all([
    openDataChannel({ ...one, messages: candidateFirst(one.messages) }, options),
    openDataChannel(other, options),
  ]);
  expect(refused).toEqual([]);
  expect(channels.map(({ readyState }) => readyState)).toEqual(["open", "open"]);
  for (const channel of channels) channel.close();
});

test("the side that answers makes no offer of its own: only one side leads", async () => {
  const heard: string[] = [];
  class Watched extends RTCPeerConnection {
    override async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
      heard.push(`${description.type} in ${this.signalingState}`);
      await super.setRemoteDescription(description as never);
    }
  }
  const options = { RTCPeerConnection: Watched as unknown as DirectOptions["RTCPeerConnection"] } as DirectOptions;
  const channels = await Promise.all(signaling().map((side) => openDataChannel(side, options)));
  expect(heard).toEqual(["offer in stable", "answer in have-local-offer"]);
  for (const channel of channels) channel.close();
});

test("nobody can reach the side that offers before it knows the answer", async () => {
  const order: string[] = [];
  const [one, other] = signaling();
  class Watched extends RTCPeerConnection {
    override async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
      await super.setRemoteDescription(description as never);
      order.push(description.type);
    }
  }
  const options = { RTCPeerConnection: Watched as unknown as DirectOptions["RTCPeerConnection"] } as DirectOptions;
  const send = (message: SignalMessage) => {
    if ("candidate" in message) order.push("candidate");
    return one.send(message);
  };
  const channels = await Promise.all([openDataChannel({ ...one, send }, options), openDataChannel(other, inNode)]);
  expect(order.slice(0, 2)).toEqual(["answer", "candidate"]);
  for (const channel of channels) channel.close();
});

test("a connection that ends while it is opened is reported then, and not when the time is over", async () => {
  const [one] = signaling();
  class Ending extends RTCPeerConnection {
    override async setLocalDescription(description?: RTCSessionDescriptionInit): Promise<void> {
      await super.setLocalDescription(description as never);
      this.close();
    }
  }
  const options = { RTCPeerConnection: Ending as unknown as DirectOptions["RTCPeerConnection"] } as DirectOptions;
  const clock = new VirtualClock();
  expect(await codeOf(openDataChannel(one, { ...options, clock }))).toBe("transport_connect");
  expect(clock.timers).toBe(0);
});

test("candidates that an implementation has written into a description go behind it", async () => {
  const [one, other] = signaling();
  class Eager extends RTCPeerConnection {
    override async createOffer(): Promise<RTCSessionDescriptionInit> {
      const { type, sdp } = (await super.createOffer()) as RTCSessionDescriptionInit;
      return { type, sdp: `${sdp}a=candidate:1 1 UDP 2122317823 127.0.0.1 9 typ host\r\na=end-of-candidates\r\n` };
    }
  }
  const sent: SignalMessage[] = [];
  const send = (message: SignalMessage) => {
    sent.push(message);
    return one.send(message);
  };
  const options = { RTCPeerConnection: Eager as unknown as DirectOptions["RTCPeerConnection"] } as DirectOptions;
  const channels = await Promise.all([openDataChannel({ ...one, send }, options), openDataChannel(other, inNode)]);
  const descriptions = sent.flatMap((message) => ("description" in message ? [message.description.sdp] : []));
  expect(descriptions).toEqual([expect.stringMatching(/^v=0\r\n(?!.*a=(candidate|end-of))/s)]);
  expect(sent).toContainEqual({
    candidate: expect.objectContaining({ candidate: expect.stringMatching(/ 9 typ host$/) }),
  });
  for (const channel of channels) channel.close();
});

test("a signal that is aborted already meets nobody", async () => {
  const switchboard = new Switchboard();
  const opened = openDirect(switchboard as never, "x", { ...inNode, signal: AbortSignal.abort("too late") });
  await expect(opened).rejects.toBe("too late");
});

test("an abort signal gives up, and a platform without WebRTC says what to give", async () => {
  const [one, other] = signaling();
  const controller = new AbortController();
  const opened = openDataChannel(one, { ...inNode, signal: controller.signal });
  controller.abort("enough");
  await expect(opened).rejects.toBe("enough");
  expect(await codeOf(openDataChannel(other))).toBe("local_misuse");
});

/** The messages, until `failure` rejects. */
async function* firstOf<T>(messages: AsyncIterable<T>, failure: Promise<never>): AsyncGenerator<T> {
  const iterator = messages[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([iterator.next(), failure]);
    if (next.done === true) return;
    yield next.value;
  }
}

test("a visitor who gives up waiting is not met any more", async () => {
  const switchboard = new Switchboard();
  const controller = new AbortController();
  const waited = switchboard.meet("x", controller.signal);
  controller.abort("gone");
  await expect(waited).rejects.toBe("gone");
  const places = [switchboard.meet("x"), switchboard.meet("x")];
  expect((await Promise.all(places)).map(({ initiator }) => initiator).sort()).toEqual([false, true]);
});

/** The same messages, the first description behind the first candidate. */
async function* candidateFirst(messages: AsyncIterable<SignalMessage>): AsyncGenerator<SignalMessage> {
  let description: SignalMessage | undefined;
  let hasCandidate = false;
  for await (const message of messages) {
    if ("description" in message && !hasCandidate) description = message;
    else yield message;
    if (!("candidate" in message) || hasCandidate) continue;
    hasCandidate = true;
    if (description !== undefined) yield description;
  }
}
