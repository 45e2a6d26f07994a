import { FrameText, hex } from "./frame-text.ts";
import { readTrace } from "./trace-read.ts";

/**
 * A trace in words, a line for each frame: ms since it began, `→` for sent and `←` for received, what it says. Numbers with
 * a star are the sender's own, others the receiver's. Payloads show their length and first bytes. Throws as {@link readTrace}.
 */
export function* traceText(bytes: Uint8Array): Generator<string, void, undefined> {
  const { frames, dropped } = readTrace(bytes);
  const sent: FrameText = new FrameText(() => received);
  const received: FrameText = new FrameText(() => sent);
  for (const frame of frames) {
    const at = frame.atMs.toFixed(3).padStart(11);
    const way = frame.direction === "sent" ? "→" : "←";
    const text = frame.isPayload
      ? `  ${frame.lenBytes} bytes: ${hex(frame.bytes)}`
      : (frame.direction === "sent" ? sent : received).describe(frame.bytes);
    yield `${at} ${way} ${text}`;
  }
  if (dropped > 0) yield `${dropped} more frames were not kept: the trace was full (maxBytes)`;
}
