const integers = new Intl.NumberFormat("en");
const few = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** `12,345`. */
export function integer(value: number): string {
  return integers.format(Math.round(value));
}

/** `812`, `12.3K`, `48.8M`. */
export function compact(value: number): string {
  return few.format(value);
}

/** `1 GiB`, `64 MiB`, `1.5 MiB`, `12 KiB`. */
export function bytes(value: number): string {
  if (value < 1024 ** 2) return `${integer(value / 1024)} KiB`;
  if (value < 1024 ** 3) return `${short(value / 1024 ** 2)} MiB`;
  return `${short(value / 1024 ** 3)} GiB`;
}

function short(value: number): string {
  return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : integer(value);
}

/** `86 MB/s`. */
export function byteRate(perSecond: number): string {
  const megabytes = perSecond / 1e6;
  return `${megabytes < 10 ? megabytes.toFixed(1) : integer(megabytes)} MB/s`;
}

/** `0.4 ms`, `12 ms`. */
export function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : integer(value)} ms`;
}

/** `3.1 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 100 ? 2 : 1)} s`;
}

/** `1 number`, `5 numbers`. */
export function numbers(count: number): string {
  return `${integer(count)} ${count === 1 ? "number" : "numbers"}`;
}
