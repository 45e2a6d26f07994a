/** "CTRACE", and the version of the format. */
export const MAGIC: Uint8Array = /* @__PURE__ */ Uint8Array.of(0x43, 0x54, 0x52, 0x41, 0x43, 0x45, 1);

/** Bits of the byte that begins a record. */
export const Flag = {
  /** The frame was sent; else it was received. */
  sent: 1,
  /** The frame is a payload. */
  payload: 2,
  /** No frame: so many were not kept. */
  dropped: 4,
} as const;
