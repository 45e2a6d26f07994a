import type { PeerSettings } from "../mux/mux.ts";
import type { Dialect } from "../schema/dialect.ts";

/** How values look towards a peer when this side has announced the capabilities `own`. PROTOCOL.md section 10.2. */
export function dialectOf(peer: PeerSettings, own: PeerSettings["capabilities"] = []): Dialect {
  const both = (name: PeerSettings["capabilities"][number]): boolean =>
    own.includes(name) && peer.capabilities.includes(name);
  return {
    generation: peer.generation,
    compact: both("compact_transported"),
    postbag1: both("postbag_1"),
    // The peer alone decides what it can read; a side that announces nothing of this writes as it always did.
    skipDefaults: both("postbag_allow_skip"),
  };
}
