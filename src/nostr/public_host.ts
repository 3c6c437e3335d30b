/**
 * Tells whether a host is in the public network, as far as its name or address shows.
 *
 * @module
 */

/** IPv4 blocks of IANA's special-purpose registry, with no public relay: [network, prefix length]. */
const CLOSED_IPV4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8], // unspecified, "this network"
  ["10.0.0.0", 8],
  ["100.64.0.0", 10], // carrier-grade NAT, Tailscale
  ["127.0.0.0", 8],
  ["169.254.0.0", 16], // link-local, cloud metadata
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24], // documentation
  ["192.31.196.0", 24], // AS112
  ["192.52.193.0", 24], // AMT
  ["192.88.99.0", 24], // former 6to4 relays
  ["192.168.0.0", 16],
  ["192.175.48.0", 24], // AS112
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, broadcast
];

const CLOSED_IPV4_BITS = CLOSED_IPV4.map(([network, length]) => ({
  network: ipv4Bits(network) >>> (32 - length),
  shift: 32 - length,
}));

/** Names that never leave a machine or a local network. */
const CLOSED_NAME =
  /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|home|corp|home\.arpa)$/;

/**
 * Whether an IP address is public.
 *
 * @param host As `URL` gives it: IPv4 in dotted decimal, IPv6 in brackets.
 * @returns `undefined` if the host is a name.
 */
export function isPublicAddress(host: string): boolean | undefined {
  if (host.startsWith("[")) return isPublicIpv6(ipv6Words(host.slice(1, -1)));
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(host)) return undefined;
  const bits = ipv4Bits(host);
  return !CLOSED_IPV4_BITS.some(({ network, shift }) => bits >>> shift === network);
}

/** Whether a name can belong to a public host: it has a dot, and no local ending. */
export function isPublicName(host: string): boolean {
  return host.includes(".") && !CLOSED_NAME.test(host);
}

/**
 * Only 2000::/3 is public, except for blocks that embed an IPv4 address, which would evade
 * the IPv4 rules, and blocks for documentation. Mapped addresses (::ffff:0:0/96) and NAT64
 * (64:ff9b::/96) lie outside 2000::/3.
 */
function isPublicIpv6(words: readonly number[]): boolean {
  if (words[0] >>> 13 !== 1) return false;
  if (words[0] === 0x2002) return false; // 6to4
  if (words[0] === 0x2001 && words[1] < 0x200) return false; // Teredo, ORCHID
  if (words[0] === 0x2001 && words[1] === 0xdb8) return false; // documentation
  return !(words[0] === 0x3fff && words[1] < 0x1000); // documentation
}

function ipv4Bits(address: string): number {
  return address.split(".").reduce((bits, byte) => bits * 256 + Number(byte), 0) >>> 0;
}

/** The eight words of an IPv6 address in the canonical form that `URL` gives. */
function ipv6Words(address: string): number[] {
  const [head, tail] = address.split("::");
  const words = (part: string | undefined) =>
    part ? part.split(":").map((word) => parseInt(word, 16)) : [];
  const [first, last] = [words(head), words(tail)];
  return [...first, ...new Array(8 - first.length - last.length).fill(0), ...last];
}
