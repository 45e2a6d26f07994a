import { t } from "../../ts/index.ts";

/** What the client asks of the server, with the channels for it. */
export const Work = t.enum("Work", {
  /** Answer with the same number. */
  Call: t.struct({ value: t.u32, reply: t.oneshot.sender(t.u32) }),
  /** Take one value and answer with its length. */
  Upload: t.struct({ data: t.mpsc.receiver(t.bytes), reply: t.oneshot.sender(t.u32) }),
  /** Read all channels to their ends and answer with the number of values. */
  Push: t.struct({ channels: t.vec(t.mpsc.receiver(t.u32)), done: t.oneshot.sender(t.u32) }),
  /** Send `count` numbers over each channel. */
  Pull: t.struct({ channels: t.vec(t.mpsc.sender(t.u32)), count: t.u32 }),
  /** As `Push`, with messages of bytes. */
  BulkUp: t.struct({ channels: t.vec(t.bin.receiver), done: t.oneshot.sender(t.u32) }),
  /** As `Pull`, with messages of 64 KiB. */
  BulkDown: t.struct({ channels: t.vec(t.bin.sender), count: t.u32 }),
  /** Read all channels; answer with the bytes that came over each one in `windowMs`, counted once each busy one began. */
  Shares: t.struct({
    channels: t.vec(t.bin.receiver),
    busy: t.u32,
    windowMs: t.u32,
    shares: t.oneshot.sender(t.vec(t.u32)),
  }),
});

/** Above the largest value that is uploaded. */
export const LIMITS = { itemBytes: 32 * 1024 * 1024 };
