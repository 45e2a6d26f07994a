/**
 * Bytes as a string of printable ASCII that gzip still sees as bytes, unlike base64: 1 % larger than the bytes after
 * gzip instead of a third. The 87 commonest byte values are one character each, every other value is one of two
 * prefix characters and one more. The alphabet has no quotes, backslash, backtick, `$` or `<`, so that no bundler,
 * minifier or HTML page needs to escape anything.
 */

const excluded = new Set(['"', "'", "\\", "`", "$", "<"]);
const alphabet = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i)).filter((c) => !excluded.has(c));
const singles = alphabet.length - 2;

/**
 * `{ common, text }`: `common` are the commonest byte values in hex, the commonest first; `text` the bytes. The
 * values that are not common follow them in ascending order.
 */
export function encode(bytes) {
  const count = new Array(256).fill(0);
  for (const byte of bytes) count[byte]++;
  const ranked = count.map((_, byte) => byte).sort((a, b) => count[b] - count[a] || a - b);
  const order = [...ranked.slice(0, singles), ...ranked.slice(singles).sort((a, b) => a - b)];
  const code = new Array(256);
  order.forEach((byte, rank) => {
    const rest = rank - singles;
    const prefix = Math.floor(rest / alphabet.length);
    code[byte] = rest < 0 ? alphabet[rank] : alphabet[singles + prefix] + alphabet[rest % alphabet.length];
  });
  const hex = order.slice(0, singles).map((byte) => byte.toString(16).padStart(2, "0"));
  return { common: hex.join(""), text: Array.from(bytes, (byte) => code[byte]).join("") };
}

/** The source of a module that exports `wasmBytes()`, which decodes `bytes` anew at each call. */
export function inlineModule(bytes) {
  const { common, text } = encode(bytes);
  return `// Made by scripts/build-wasm.mjs; do not edit. The encoding is described in scripts/ascii-escape.mjs.
const common = "${common}";
const text = "${text}";

export function wasmBytes() {
  const order = common.match(/../g).map((hex) => Number.parseInt(hex, 16));
  for (let byte = 0; byte < 256; byte++) if (order.indexOf(byte) < 0) order.push(byte);
  // The place of each character in the alphabet, by character code; the last two characters are the prefixes.
  const place = [];
  for (let code = 32, next = 0; code < 127; code++) if (!/["'\\\\\`$<]/.test(String.fromCharCode(code))) place[code] = next++;
  const bytes = new Uint8Array(${bytes.length});
  for (let at = 0, i = 0; at < bytes.length; at++) {
    let rank = place[text.charCodeAt(i++)];
    if (rank >= ${singles}) rank = ${singles} + (rank - ${singles}) * ${alphabet.length} + place[text.charCodeAt(i++)];
    bytes[at] = order[rank];
  }
  return bytes;
}
`;
}

/** The declarations that go with {@link inlineModule}. */
export const inlineDeclaration = `/** The bytes of the core's WebAssembly module, decoded anew at each call; the caller owns them. */
export function wasmBytes(): Uint8Array<ArrayBuffer>;
`;
