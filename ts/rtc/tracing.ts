/** What remoc 0.20 says about the spans of calls. Here it is only passed on. Source: remoc 0.20.5; PROTOCOL.md section 15. */

import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { numberedEnum, numberedStruct } from "../schema/numbered.ts";

/** The caller's span, with the ids of W3C Trace Context: 128 and 64 bits, and flags of which 1 says that it is sampled. */
export interface TracingContext {
  trace_id: bigint;
  span_id: bigint;
  flags: number;
}

/** The wire form of {@link TracingContext}; null when there is none. */
export const tracingContext: Descriptor<TracingContext | null> = /* @__PURE__ */ t.option(
  /* @__PURE__ */ numberedStruct("TracingContext", {
    trace_id: /* @__PURE__ */ t.withDefault(t.u128, 0n),
    span_id: /* @__PURE__ */ t.withDefault(t.u64, 0n),
    flags: /* @__PURE__ */ t.withDefault(t.u8, 0),
  }),
);

/** Who makes spans. */
export type TracingMode = "Off" | "Client" | "Server" | "Both";

/** The wire form of {@link TracingMode}. */
export const tracingMode: Descriptor<TracingMode> = /* @__PURE__ */ t.withDefault(
  /* @__PURE__ */ numberedEnum("Tracing", {
    Off: t.unit,
    Client: t.unit,
    Server: t.unit,
    Both: /* @__PURE__ */ t.field("Both", t.unit, { other: true }),
  }),
  "Both",
);
