import fc from "fast-check";
import assert from "node:assert/strict";
import { BlockList } from "node:net";
import { isPublicAddress, isPublicName } from "../../src/nostr/public_host.ts";
import { checkRelayUrl } from "../../src/nostr/relay_url.ts";

/** Blocks that no public relay is in, as IANA's special-purpose registries list them. */
const IPV4_BLOCKS: readonly [string, number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];
const IPV6_BLOCKS: readonly [string, number][] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

const closed = new BlockList();
for (const [network, length] of IPV4_BLOCKS) closed.addSubnet(network, length, "ipv4");
for (const [network, length] of IPV6_BLOCKS) closed.addSubnet(network, length, "ipv6");
const globalUnicast = new BlockList();
globalUnicast.addSubnet("2000::", 3, "ipv6");

const dotted = (bits: number) => [24, 16, 8, 0].map((shift) => bits >>> shift & 255).join(".");
const bitsOf = (address: string) =>
  address.split(".").reduce((bits, byte) => bits * 256 + Number(byte), 0);

/** Any IPv4 address as a number; half of them within two of the edge of a block. */
const ipv4 = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.tuple(fc.constantFrom(...IPV4_BLOCKS), fc.boolean(), fc.integer({ min: -2, max: 2 }))
    .map(([[network, length], end, step]) =>
      (bitsOf(network) + (end ? 2 ** (32 - length) : 0) + step) >>> 0
    ),
);

const word = fc.integer({ min: 0, max: 0xffff });
const FIRST = [0, 1, 0x64, 0x100, 0x1fff, 0x2000, 0x2001, 0x2002, 0x2003, 0x3ffe, 0x3fff, 0x4000];
const ipv6 = fc.tuple(
  fc.oneof(word, fc.constantFrom(...FIRST, 0xfc00, 0xfe80, 0xff02, 0xffff)),
  fc.oneof(word, fc.constantFrom(0, 0x1ff, 0x200, 0xdb7, 0xdb8, 0xdb9, 0xfff, 0x1000, 0xff9b)),
  fc.array(fc.oneof(word, fc.constant(0)), { minLength: 6, maxLength: 6 }),
).map(([first, second, rest]) => [first, second, ...rest].map((n) => n.toString(16)).join(":"));

Deno.test("isPublicAddress() agrees with node:net about the closed IPv4 blocks", () => {
  fc.assert(
    fc.property(ipv4, (bits) => {
      const address = dotted(bits);
      assert.equal(isPublicAddress(address), !closed.check(address, "ipv4"), address);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("isPublicAddress() agrees with node:net about the closed IPv6 blocks", () => {
  fc.assert(
    fc.property(ipv6, (address) => {
      const host = new URL(`wss://[${address}]`).hostname;
      const isPublic = globalUnicast.check(address, "ipv6") && !closed.check(address, "ipv6");
      assert.equal(isPublicAddress(host), isPublic, address);
    }),
    { numRuns: 3000 },
  );
});

/** The ways to write an IPv4 address that `URL` understands. */
function notationOf(bits: number): fc.Arbitrary<string> {
  const number = (value: number) =>
    fc.constantFrom(`${value}`, `0x${value.toString(16)}`, `0X0${value.toString(16)}`)
      .chain((text) => fc.constantFrom(text, `0${value.toString(8)}`, `000${value.toString(8)}`));
  const parts = (count: number) => {
    const leading = Array.from({ length: count - 1 }, (_, i) => bits >>> (24 - 8 * i) & 255);
    const last = bits % 2 ** (8 * (5 - count));
    return fc.tuple(...[...leading, last].map(number)).map((texts) => texts.join("."));
  };
  const fullWidth = (text: string) =>
    text.replace(/[0-9.]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0));
  return fc.tuple(
    fc.integer({ min: 1, max: 4 }).chain(parts),
    fc.boolean(),
    fc.constantFrom("", "."),
  ).map(([text, wide, dot]) => (wide ? fullWidth(text) : text) + dot);
}

Deno.test("checkRelayUrl() recognizes an IPv4 address in every notation", () => {
  const pair = ipv4.chain((bits) => fc.tuple(fc.constant(dotted(bits)), notationOf(bits)));
  fc.assert(
    fc.property(pair, ([address, notation]) => {
      const expected = closed.check(address, "ipv4")
        ? { reason: "local" }
        : { url: `wss://${address}/` };
      assert.deepEqual(checkRelayUrl(`wss://${notation}`), expected);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("checkRelayUrl() refuses every IPv6 address that leads to an IPv4 address", () => {
  fc.assert(
    fc.property(ipv4, (bits) => {
      const words = `${(bits >>> 16).toString(16)}:${(bits & 0xffff).toString(16)}`;
      for (
        const address of [
          `::${words}`,
          `::ffff:${words}`,
          `::ffff:${dotted(bits)}`,
          `::ffff:0:${words}`,
          `64:ff9b::${dotted(bits)}`,
          `64:ff9b:1::${words}`,
          `2002:${words}::`,
          `2001:0:${words}::`,
        ]
      ) assert.deepEqual(checkRelayUrl(`wss://[${address}]`), { reason: "local" }, address);
    }),
  );
});

Deno.test("checkRelayUrl() refuses loopback, unspecified, link-local, ULA and multicast IPv6", () => {
  for (const address of ["::1", "::", "fe80::1", "fd00::1", "fc00::", "fec0::1", "ff02::1"]) {
    assert.deepEqual(checkRelayUrl(`wss://[${address}]:7777`), { reason: "local" }, address);
  }
});

Deno.test("isPublicAddress() refuses the blocks of AS112, AMT and 6to4 relays, and not their neighbours", () => {
  for (const block of ["192.31.196", "192.52.193", "192.88.99", "192.175.48"]) {
    const [a, b, c] = block.split(".").map(Number);
    for (const last of [0, 1, 255]) assert.equal(isPublicAddress(`${block}.${last}`), false);
    assert.equal(isPublicAddress(`${a}.${b}.${c - 1}.255`), true);
    assert.equal(isPublicAddress(`${a}.${b}.${c + 1}.0`), true);
  }
});

Deno.test("isPublicAddress() of a name is undefined", () => {
  for (const name of ["nos.lol", "1.2.3.example", "localhost", "a"]) {
    assert.equal(isPublicAddress(name), undefined);
  }
});

Deno.test("isPublicName() requires a dot and no ending of a local network", () => {
  const local = "localhost localdomain local internal intranet lan home corp home.arpa".split(" ");
  for (const ending of local) {
    assert.equal(isPublicName(`relay.${ending}`), false, ending);
    assert.equal(isPublicName(`${ending}.example`), true, ending);
    assert.equal(isPublicName(`relay.my${ending}`), true, ending);
  }
  assert.equal(isPublicName("relay"), false);
  assert.equal(isPublicName("in-addr.arpa"), true);
});
