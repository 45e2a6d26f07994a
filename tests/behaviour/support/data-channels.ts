import { RTCPeerConnection } from "node-datachannel/polyfill";
import type { DataChannelLike, DirectOptions, Signaling, SignalMessage } from "../../../ts/index.ts";
import { mpsc, openDataChannel, t } from "../../../ts/index.ts";

/** WebRTC of Node. */
export const inNode: DirectOptions = {
  RTCPeerConnection: RTCPeerConnection as unknown as NonNullable<DirectOptions["RTCPeerConnection"]>,
};

/** Two ways to each other, in this program. */
export function signaling(): [Signaling, Signaling] {
  const [there, here] = [mpsc.channel<SignalMessage>(t.unit as never), mpsc.channel<SignalMessage>(t.unit as never)];
  return [
    { initiator: true, send: (message) => there[0].send(message), messages: here[1] },
    { initiator: false, send: (message) => here[0].send(message), messages: there[1] },
  ];
}

/** Two real data channels that are connected to each other. */
export async function dataChannels(): Promise<[DataChannelLike, DataChannelLike]> {
  const [one, other] = signaling();
  return await Promise.all([openDataChannel(one, inNode), openDataChannel(other, inNode)]);
}
