import type { LinkOptions } from "../../ts/index.ts";

type Capability = NonNullable<LinkOptions["capabilities"]>[number];

/** What remoc 0.20 announces below the values. */
const PORTS: readonly Capability[] = ["received_report", "port_side", "pre_connect", "varint"];

const SWITCHES = ["compact_transported", "postbag_1", "postbag_allow_skip"] as const;

/** The switches of values alone, two together and all, beside everything that concerns ports; and none without that. */
export const SWITCH_SETS: readonly { readonly name: string; readonly capabilities: readonly Capability[] }[] = [
  { name: "the Hello of 0.18", capabilities: [] },
  ...Array.from({ length: 8 }, (_, bits) => {
    const on = SWITCHES.filter((_switch, at) => (bits >> at) & 1);
    return { name: on.join(" ") || "no switch", capabilities: [...PORTS, ...on] };
  }),
];
