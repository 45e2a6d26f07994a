import { build } from "./build.ts";
import { array, tuple } from "./containers.ts";
import type { Descriptor, FormShape } from "./descriptor.ts";
import { enumeration } from "./enums.ts";
import { u8, u16 } from "./scalars.ts";

/** `std::net::Ipv4Addr`: its text, `192.0.2.1`; 4 bytes in binary codecs. */
export const ipv4: Descriptor<string> = /* @__PURE__ */ form("Ipv4Addr", /* @__PURE__ */ array(u8, 4), v4Of, v4Text);

/** `std::net::Ipv6Addr`: its text, `2001:db8::1`, as Rust shortens it when decoded; 16 bytes in binary codecs. */
export const ipv6: Descriptor<string> = /* @__PURE__ */ form("Ipv6Addr", /* @__PURE__ */ array(u8, 16), v6Of, v6Text);

/** `std::net::IpAddr`: the text of an {@link ipv4} or {@link ipv6}. */
export const ipAddr: Descriptor<string> = /* @__PURE__ */ form(
  "IpAddr",
  /* @__PURE__ */ enumeration({ V4: /* @__PURE__ */ array(u8, 4), V6: /* @__PURE__ */ array(u8, 16) }),
  either(v4Of, v6Of),
  eitherText(v4Text, v6Text),
);

/** `std::net::SocketAddrV4`: its text, `192.0.2.1:80`. */
export const socketAddrV4: Descriptor<string> = /* @__PURE__ */ form(
  "SocketAddrV4",
  /* @__PURE__ */ tuple(/* @__PURE__ */ array(u8, 4), u16),
  socketV4Of,
  socketV4Text,
);

/** `std::net::SocketAddrV6`: its text, `[2001:db8::1]:80`. Binary codecs carry neither its flow nor its scope. */
export const socketAddrV6: Descriptor<string> = /* @__PURE__ */ form(
  "SocketAddrV6",
  /* @__PURE__ */ tuple(/* @__PURE__ */ array(u8, 16), u16),
  socketV6Of,
  socketV6Text,
);

/** `std::net::SocketAddr`: the text of a {@link socketAddrV4} or {@link socketAddrV6}. */
export const socketAddr: Descriptor<string> = /* @__PURE__ */ form(
  "SocketAddr",
  /* @__PURE__ */ enumeration({
    V4: /* @__PURE__ */ tuple(/* @__PURE__ */ array(u8, 4), u16),
    V6: /* @__PURE__ */ tuple(/* @__PURE__ */ array(u8, 16), u16),
  }),
  either(socketV4Of, socketV6Of),
  eitherText(socketV4Text, socketV6Text),
);

type ToBinary = FormShape["toBinary"];
type ToText = (binary: unknown) => string;

function form(name: string, binary: Descriptor, toBinary: ToBinary, toText: ToText): Descriptor<string> {
  return build({ kind: "form", name, binary, toBinary, toText });
}

function either(v4: ToBinary, v6: ToBinary): ToBinary {
  return (text) => {
    const short = v4(text);
    if (short !== undefined) return { V4: short };
    const long = v6(text);
    return long === undefined ? undefined : { V6: long };
  };
}

function eitherText(v4: ToText, v6: ToText): ToText {
  return (binary) => {
    const { V4, V6 } = binary as { V4?: unknown; V6?: unknown };
    return V4 === undefined ? v6(V6) : v4(V4);
  };
}

function v4Of(text: unknown): number[] | undefined {
  if (typeof text !== "string" || !/^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(text)) return undefined;
  const octets = text.split(".").map(Number);
  return octets.every((octet) => octet < 256) ? octets : undefined;
}

function v4Text(octets: unknown): string {
  return (octets as number[]).join(".");
}

function v6Of(text: unknown): number[] | undefined {
  // The longest has eight groups, or six and an IPv4 address.
  if (typeof text !== "string" || text.length > 45) return undefined;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [before, after] = [
    bytesOfGroups(halves[0] as string, halves.length === 1),
    bytesOfGroups(halves[1] ?? "", true),
  ];
  if (before === undefined || after === undefined) return undefined;
  const missing = 16 - before.length - after.length;
  // The two colons stand for one group at least.
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return [...before, ...new Array<number>(missing).fill(0), ...after];
}

/** The bytes of groups with colons in between, of which the last may be an IPv4 address where `mayEndInV4`. */
function bytesOfGroups(text: string, mayEndInV4: boolean): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [i, group] of groups.entries()) {
    const octets = mayEndInV4 && i === groups.length - 1 ? v4Of(group) : undefined;
    if (octets) bytes.push(...octets);
    else if (!/^[\da-f]{1,4}$/i.test(group)) return undefined;
    else bytes.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff);
  }
  return bytes;
}

/** As Rust writes it: the longest run of two zeros or more is left out, and a mapped IPv4 address is one. */
function v6Text(octets: unknown): string {
  const bytes = octets as number[];
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `::ffff:${v4Text(bytes.slice(12))}`;
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (groups[end] === 0) end++;
    if (end - i > length) [start, length] = [i, end - i];
  }
  const hex = groups.map((group) => group.toString(16));
  if (start < 0) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

function socketV4Of(text: unknown): unknown {
  const [, address, port] = (typeof text === "string" && /^([^:]*):(\d{1,5})$/.exec(text)) || [];
  const octets = v4Of(address);
  return octets && Number(port) < 65536 ? [octets, Number(port)] : undefined;
}

function socketV4Text(binary: unknown): string {
  const [octets, port] = binary as [number[], number];
  return `${v4Text(octets)}:${port}`;
}

function socketV6Of(text: unknown): unknown {
  // A scope, as in [fe80::1%2]:80, stands in the text alone.
  const [, address, port] = (typeof text === "string" && /^\[([^\]%]*)(?:%\d{1,10})?\]:(\d{1,5})$/.exec(text)) || [];
  const octets = v6Of(address);
  return octets && Number(port) < 65536 ? [octets, Number(port)] : undefined;
}

function socketV6Text(binary: unknown): string {
  const [octets, port] = binary as [number[], number];
  return `[${v6Text(octets)}]:${port}`;
}
