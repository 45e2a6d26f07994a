import type { Mux, PeerSettings } from "../mux/mux.ts";
import type { Dialect } from "../schema/dialect.ts";

const dialects: WeakMap<Mux, Dialect> = /* @__PURE__ */ new WeakMap();

/** How values look on a connection: what both sides have announced. PROTOCOL.md section 10.2. */
export function dialectOf(mux: Mux): Dialect {
  const known = dialects.get(mux);
  if (known !== undefined) return known;
  const both = (name: PeerSettings["capabilities"][number]): boolean =>
    mux.announced.includes(name) && mux.peer.capabilities.includes(name);
  const dialect: Dialect = {
    generation: mux.peer.generation,
    compact: both("compact_transported"),
    postbag1: both("postbag_1"),
    // The peer alone decides what it can read; a side that announces nothing of this writes as it always did.
    skipDefaults: both("postbag_allow_skip"),
  };
  dialects.set(mux, dialect);
  return dialect;
}
