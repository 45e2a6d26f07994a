/** Plays the peer's role of the scenario that the worker is named after. */

import { connect } from "../../../ts/index.ts";
import { codeOf } from "../../scenarios/close.ts";
import { playPeer } from "../../scenarios/peer.ts";

declare const self: Worker & { name: string };

playPeer(self.name, (options) => connect(self, options)).catch((error: unknown) => {
  // A page that closes below a role makes it fail; anything else is an error of the test.
  if (!["remote_closed", "remote_connection_closed"].includes(codeOf(error))) throw error;
});
