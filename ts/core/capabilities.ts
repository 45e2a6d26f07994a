/** A feature of remoc 0.20 that a Hello announces. */
export type Capability = (typeof CAPABILITIES)[number];

/** In the order of the Hello; PROTOCOL.md section 3.1. */
export const CAPABILITIES = [
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
  const bits = capabilities.reduce((sum, name) => sum | (1 << CAPABILITIES.indexOf(name)), 0);
  return bits === 0 ? 0 : bits | LONG_HELLO;
}

/** Where the features begin in a Hello, a byte each. */
const FIRST_BYTE = 30;

/** The features that a Hello announces. */
export function announcedIn(hello: Uint8Array): readonly Capability[] {
  return CAPABILITIES.filter((_, index) => (hello[FIRST_BYTE + index] ?? 0) !== 0);
}

/** The features of a peer, from what the core tells. */
export function capabilitiesOf(bits: number): readonly Capability[] {
  return CAPABILITIES.filter((_, index) => (bits >> index) & 1);
}
