/**
 * The one rule of what names a machine: keygen, rosters and transports ask here, so that nothing is signed that nobody can connect to. Pure,
 * no look-ups.
 */

/** Kinds of hosts; a name has to be looked up, an address has not. */
export type HostKind = "ipv4" | "ipv6" | "name";

/** Stands for all of a machine's IPv4 addresses where a replica listens. */
export const ANY_HOST = "*";

const MAX_HOST_CHARS = 253;
const WANTED = "an IPv4 address, an IPv6 address without brackets, or a host name";
/** A part of a name between dots. Underscores are no names of the Internet's, but of containers. */
const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
const OCTET = /^(?:0|[1-9]\d{0,2})$/;
const GROUP = /^[0-9A-Fa-f]{1,4}$/;
const IPV6_GROUPS = 8;

/** Returns the kind of `host`, or null if it is none; `*` is none. */
export function hostKind(host: string): HostKind | null {
  if (host.length > MAX_HOST_CHARS) return null;
  if (host.includes(":")) return ipv6Groups(host) === null ? null : "ipv6";
  const labels = host.split(".");
  // What ends in a number is an address or nothing, as in URLs: resolvers read 999.1.1.1 and 127.1 each in their own way.
  if (/^\d+$/.test(labels.at(-1)!)) return ipv4Octets(labels) === null ? null : "ipv4";
  return labels.every((label) => LABEL.test(label)) ? "name" : null;
}

/** Returns the wanted host if nobody can connect to `host`, or null if it can be somebody's. */
export function peerHostFault(host: string): string | null {
  switch (hostKind(host)) {
    case null:
      return malformed(host);
    case "name":
      return null;
    case "ipv4":
      return unreachableIpv4(ipv4Octets(host.split("."))!);
    case "ipv6":
      return unreachableIpv6(ipv6Groups(host)!);
  }
}

/** Returns the wanted host if a socket cannot listen at `host`, or null if it can, on the right machine. */
export function bindHostFault(host: string): string | null {
  const kind = hostKind(host);
  if (host === ANY_HOST || kind === "ipv4" || kind === "ipv6") return null;
  return "an address of this machine, IPv4 or IPv6 without brackets; * is all its IPv4 addresses and :: all it has";
}

/** Returns `host:port`, with the brackets that an IPv6 address has before a port. */
export const hostAndPort = (host: string, port: number): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

function malformed(host: string): string {
  if (host.length > MAX_HOST_CHARS) return `${WANTED}, of at most ${MAX_HOST_CHARS} characters`;
  if (/^\[.*\]$/.test(host)) return `${WANTED}: this one without its brackets`;
  if (host.includes("%")) return `${WANTED}; a zone ("%…") means something on one machine only`;
  if (host.includes(":")) return `${WANTED}; with colons, eight groups of hexadecimal digits or :: for some of them`;
  if (host.endsWith(".")) return `${WANTED}, without a dot at its end`;
  if (/(?:^|\.)\d+$/.test(host)) return `${WANTED}; what ends in a number has four numbers from 0 to 255`;
  return `${WANTED} of letters, digits, "-" and "_", up to 63 between dots`;
}

const ALL_OF_ONE =
  "an address that others can connect to: this one stands for all of a machine's own (see replica --bind)";
const MANY = "the address of one machine: this one is of many (multicast, broadcast or reserved)";
const LINK_LOCAL = "an address that is the same on all machines: this one needs a zone, which differs between them";

function unreachableIpv4([first]: readonly number[]): string | null {
  if (first === 0) return ALL_OF_ONE;
  return first! >= 224 ? MANY : null;
}

function unreachableIpv6(groups: readonly number[]): string | null {
  if (groups.every((group) => group === 0)) return ALL_OF_ONE;
  const first = groups[0]!;
  if (first >= 0xff00) return MANY;
  return (first & 0xffc0) === 0xfe80 ? LINK_LOCAL : null;
}

function ipv4Octets(parts: readonly string[]): readonly number[] | null {
  const octets = parts.map((part) => OCTET.test(part) ? Number(part) : NaN);
  return octets.length === 4 && octets.every((octet) => octet <= 255) ? octets : null;
}

function ipv6Groups(text: string): readonly number[] | null {
  const halves = text.split("::").map((half) => half === "" ? [] : half.split(":"));
  const groups = halves.flat();
  if (halves.length > 2 || !groups.every((group) => GROUP.test(group))) return null;
  const left = IPV6_GROUPS - groups.length;
  if (halves.length === 1 ? left !== 0 : left < 1) return null;
  const zeros = Array.from({ length: left }, () => "0");
  return [...halves[0]!, ...zeros, ...(halves[1] ?? [])].map((group) => parseInt(group, 16));
}
