/** A SharedWorker that plays the peer's role of the scenario in its name, once. */

import { connect } from "../../../ts/index.ts";
import { codeOf } from "../../scenarios/close.ts";
import { playPeer } from "../../scenarios/peer.ts";

declare const self: { name: string; onconnect: ((event: MessageEvent) => void) | null };

self.onconnect = ({ ports: [port] }) => {
  const [path = ""] = self.name.split("?");
  playPeer(path, (options) => connect(port as MessagePort, options)).catch((error: unknown) => {
    // A page that closes below a role makes it fail; anything else is an error of the test.
    if (!["remote_closed", "remote_connection_closed"].includes(codeOf(error))) throw error;
  });
};
