/** What the server of the browser tests provides to a page that wants to be connected to it by WebRTC. */

import { connect, dataChannelTransport, openDirect, Switchboard, type Transport } from "../../ts/index.ts";
import { inNode } from "../behaviour/support/data-channels.ts";
import { codeOf } from "../scenarios/close.ts";
import { playPeer } from "../scenarios/peer.ts";

export type DirectServer = ReturnType<typeof directServer>;

/** For one page. */
export function directServer() {
  const switchboard = new Switchboard();
  let transport: Transport | undefined;
  return {
    switchboard,
    /** Opens a data channel to whoever else comes to that place of the switchboard. */
    async meet(place: string): Promise<void> {
      // What the page sends from now on is kept for the connection.
      transport = dataChannelTransport(await openDirect(switchboard as never, place, inNode));
    },
    /** Plays the peer's role of `path` over the channel, until it is over; a page that closes below it ends it, too. */
    async play(path: string): Promise<void> {
      if (transport === undefined) throw new Error("nobody was met");
      const carrier = transport;
      try {
        await playPeer(path, (options) => connect(carrier, options));
      } catch (error) {
        if (!["remote_closed", "remote_connection_closed"].includes(codeOf(error))) throw error;
      }
    },
  };
}
