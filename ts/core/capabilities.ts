/** Features of remoc 0.20 that a Hello announces, in its order; PROTOCOL.md section 3.1. */
export type Capability = (typeof ALL)[number];

const ALL = [
  "received_report",
  "port_side",
  "pre_connect",
  "varint",
  "frame_len_varint",
  "compact_transported",
  "postbag_1",
  "postbag_allow_skip",
] as const;

/** Tells the core that Hello has 40 bytes; without it 26. */
const LONG_HELLO = 0x100;

/** What the core is told; without any feature the Hello is the one of 0.18. */
export function capabilityBits(capabilities: readonly Capability[]): number {
  const bits = capabilities.reduce((sum, name) => sum | (1 << ALL.indexOf(name)), 0);
  return bits === 0 ? 0 : bits | LONG_HELLO;
}

/** The features of a peer, from what the core tells. */
export function capabilitiesOf(bits: number): readonly Capability[] {
  return ALL.filter((_, index) => (bits >> index) & 1);
}
