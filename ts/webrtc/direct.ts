/** Opening a data channel between two programs that can already exchange small messages. */

import { CuttleError } from "../errors/error.ts";
import type { DataChannelLike } from "../transport/data-channel.ts";
import type { AbortOptions } from "../util/abort.ts";
import { type Clock, systemClock } from "../util/clock.ts";

/** What two sides tell each other until they are connected: descriptions and candidates, plain objects. */
export type SignalMessage =
  | { readonly description: { readonly type: string; readonly sdp?: string } }
  | { readonly candidate: unknown };

/** A way to the other side; any will do that loses nothing: candidates may come before the description they belong to. */
export interface Signaling {
  /** One side starts, the other one answers. */
  readonly initiator: boolean;
  send(message: SignalMessage): void | Promise<void>;
  /** What the other side sent. */
  readonly messages: AsyncIterable<SignalMessage>;
}

/** The part of a W3C `RTCPeerConnection` that is used. */
export interface PeerConnectionLike {
  readonly connectionState: string;
  createDataChannel(label: string, options: { negotiated: boolean; id: number }): DataChannelLike;
  createOffer(): Promise<unknown>;
  createAnswer(): Promise<unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: implementations have types of their own.
  setLocalDescription(description?: any): Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  setRemoteDescription(description: any): Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  addIceCandidate(candidate?: any): Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  addEventListener(type: string, listener: (event: any) => void): void;
  close(): void;
}

/** Options of {@link openDataChannel}. */
export interface DirectOptions extends AbortOptions {
  /** ICE servers and the like; default none, which does on one network. */
  configuration?: RTCConfiguration;
  /** The class to use; default the platform's. In Node that of `node-datachannel/polyfill`, `@roamhq/wrtc` or `werift`. */
  RTCPeerConnection?: new (
    configuration?: RTCConfiguration,
  ) => PeerConnectionLike;
  /** Give up when it is not open by then; default 15 000. */
  timeoutMs?: number;
  /** Time, for tests. */
  clock?: Clock;
}

const DEFAULT_TIMEOUT_MS = 15_000;
/** Far more than there are ways to one machine. */
const MAX_EARLY_CANDIDATES = 256;

/**
 * Opens a data channel to whoever is at the other end of `signaling` and calls this function too: the target of a
 * connection. Closing the channel closes the peer connection below. Rejects with `transport_connect` when there is no
 * way from one to the other or the other side does not answer in time, with `local_misuse` where there is no WebRTC, or
 * with the abort reason.
 */
export async function openDataChannel(signaling: Signaling, options: DirectOptions = {}): Promise<DataChannelLike> {
  const { signal, timeoutMs = DEFAULT_TIMEOUT_MS, clock = systemClock } = options;
  signal?.throwIfAborted();
  const peer = makePeer(options);
  return await new Promise<DataChannelLike>((resolve, reject) => {
    let channel: DataChannelLike | undefined;
    let settled = false;
    // What goes wrong with the signalling later does not concern the channel that is there.
    const settle = (outcome: () => void): void => {
      if (settled) return;
      settled = true;
      cancel();
      signal?.removeEventListener("abort", onAbort);
      outcome();
    };
    const fail = (reason: unknown): void =>
      settle(() => {
        peer.close();
        reject(reason);
      });
    const onAbort = (): void => fail(signal?.reason);
    const cancel = clock.timer(timeoutMs, () => fail(noWay("the other side did not answer in time")));
    signal?.addEventListener("abort", onAbort);
    peer.addEventListener("connectionstatechange", () => {
      // Of some implementations what has failed is closed by the time it is told.
      if (peer.connectionState === "failed" || peer.connectionState === "closed") {
        channel?.close();
        fail(noWay("they found no way to each other"));
      }
    });
    const makeChannel = (): void => {
      // The same number on both sides: no message can come before somebody listens.
      const made = peer.createDataChannel("cuttle", { negotiated: true, id: 0 });
      made.addEventListener("open", () => settle(() => resolve(made)));
      made.addEventListener("close", () => peer.close());
      channel = made;
    };
    signalize(peer, signaling, makeChannel).catch((error: unknown) =>
      fail(CuttleError.from(error, "transport_connect", "signalling failed")),
    );
  });
}

function makePeer({ RTCPeerConnection: given, configuration }: DirectOptions): PeerConnectionLike {
  const Peer = given ?? (globalThis as { RTCPeerConnection?: DirectOptions["RTCPeerConnection"] }).RTCPeerConnection;
  if (Peer !== undefined) return new Peer(configuration ?? {});
  throw new CuttleError(
    "local_misuse",
    "there is no RTCPeerConnection here. In Node give one: { RTCPeerConnection } of node-datachannel/polyfill",
  );
}

/**
 * Tells the other side what it needs, and does what it tells, until it says no more: it may be done earlier than this
 * side. `makeChannel` is called before the offer, or behind it: some implementations offer as soon as there is a channel,
 * and two that have offered both want to lead.
 */
async function signalize(peer: PeerConnectionLike, signaling: Signaling, makeChannel: () => void): Promise<void> {
  // Those of the side that offers wait for the answer: libdatachannel fails when somebody reaches it before it knows
  // whom to expect.
  let held: unknown[] | undefined = signaling.initiator ? [] : undefined;
  const found = async (candidate: unknown): Promise<void> => {
    if (held === undefined) await tell(signaling, candidate);
    else held.push(candidate);
  };
  peer.addEventListener("icecandidate", ({ candidate }: { candidate?: { toJSON?(): unknown } | null }) => {
    if (candidate) void found(candidate.toJSON?.() ?? candidate);
  });
  // A candidate of a kind that is not understood here is no reason to give up the others.
  const add = (candidate: unknown): Promise<void> => peer.addIceCandidate(candidate).catch(() => undefined);
  // Candidates may come before the description, without which a connection takes none.
  let early: unknown[] | undefined = [];
  if (signaling.initiator) {
    makeChannel();
    await describe(peer, signaling, await peer.createOffer(), found);
  }
  for await (const message of signaling.messages) {
    if ("candidate" in message) {
      if (early === undefined) await add(message.candidate);
      else if (early.length < MAX_EARLY_CANDIDATES) early.push(message.candidate);
      continue;
    }
    await peer.setRemoteDescription(message.description);
    if (!signaling.initiator) makeChannel();
    for (const candidate of early ?? []) await add(candidate);
    early = undefined;
    if (!signaling.initiator) await describe(peer, signaling, await peer.createAnswer(), found);
    const waiting = held ?? [];
    held = undefined;
    for (const candidate of waiting) await tell(signaling, candidate);
  }
}

/**
 * Some implementations write the candidates that they have found by then into the description, and not all take them from
 * there: they go on their own, behind it.
 */
const CANDIDATE_LINES = /^a=(?:(candidate:.*?)|end-of-candidates)\r?\n/gm;

async function describe(
  peer: PeerConnectionLike,
  signaling: Signaling,
  description: unknown,
  found: (candidate: unknown) => Promise<void>,
): Promise<void> {
  await peer.setLocalDescription(description);
  const { type, sdp } = description as { type: string; sdp?: string };
  if (sdp === undefined) return await signaling.send({ description: { type } });
  await signaling.send({ description: { type, sdp: sdp.replace(CANDIDATE_LINES, "") } });
  const sdpMid = /^a=mid:(\S+)/m.exec(sdp)?.[1] ?? "0";
  for (const [, candidate] of sdp.matchAll(CANDIDATE_LINES)) {
    if (candidate !== undefined) await found({ candidate, sdpMid, sdpMLineIndex: 0 });
  }
}

/** What cannot be told any more is not needed: the other side is gone or connected. */
async function tell(signaling: Signaling, candidate: unknown): Promise<void> {
  try {
    await signaling.send({ candidate });
  } catch {
    // See above.
  }
}

function noWay(why: string): CuttleError {
  return new CuttleError(
    "transport_connect",
    `no data channel came about between the two sides: ${why}. Different networks may need a TURN server in ` +
      "configuration.iceServers",
  );
}
