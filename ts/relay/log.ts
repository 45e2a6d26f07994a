/** Lines of one second; more are counted only, so that nobody fills a disk by connecting. */
const MAX_LINES = 50;
const PERIOD_MS = 1_000;
const MAX_LINE_CHARS = 400;

/** Writes lines, not too many, and without control characters that may come from a peer. */
export function limitedLog(write: (line: string) => void, now: () => number = () => performance.now()) {
  let since = Number.NEGATIVE_INFINITY;
  let lines = 0;
  let left = 0;
  return (line: string): void => {
    if (now() - since >= PERIOD_MS) {
      if (left > 0) write(`(${left} lines were left out)`);
      since = now();
      lines = 0;
      left = 0;
    }
    lines += 1;
    if (lines > MAX_LINES) left += 1;
    else write(line.slice(0, MAX_LINE_CHARS).replace(/\p{Cc}/gu, "\uFFFD"));
  };
}
