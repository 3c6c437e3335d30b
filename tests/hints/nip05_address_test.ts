import assert from "node:assert/strict";
import { parseNip05Address } from "../../src/hints/nip05_address.ts";

Deno.test("NIP-05: parseNip05Address() reads a name and a domain, in lower case", () => {
  const addresses: [text: string, name: string, domain: string][] = [
    ["alice@nostr.example", "alice", "nostr.example"],
    [" Alice@Nostr.EXAMPLE\n", "alice", "nostr.example"],
    ["a+b@nostr.example", "a+b", "nostr.example"],
    ["@nostr.example", "", "nostr.example"],
    ["alice@localhost", "alice", "localhost"],
    ["alice@nostr.example:8443", "alice", "nostr.example:8443"],
    ["alice@[::1]:8080", "alice", "[::1]:8080"],
    ["alice@bücher.example", "alice", "bücher.example"],
  ];
  for (const [text, name, domain] of addresses) {
    assert.deepEqual(parseNip05Address(text), { name, domain });
  }
});

Deno.test("NIP-05: parseNip05Address() takes a bare domain with a dot inside for _@domain", () => {
  for (const domain of ["nostr.example", "nostr.example.", "nostr.example:8443", "10.0.0.1"]) {
    assert.deepEqual(parseNip05Address(domain), { name: "_", domain });
  }
});

Deno.test("NIP-05: parseNip05Address() reads nothing that has another form", () => {
  const texts = [
    "",
    "@",
    "alice",
    "alice@",
    "alice.",
    ".example",
    "nostr..example",
    "a b@nostr.example",
    "alice@nostr.example/x",
    "alice@bob@nostr.example",
    "alice@nostr.example:",
    "alice@nostr.example:100000",
    "alice@::1",
    "https://nostr.example",
    "https://bob@nostr.example",
    "nostr:npub1abc.",
    "nostr:bob@nostr.example",
    "see nostr.example",
    "npub1abc",
    "groups.example'cats",
    "alice@groups.example'cats",
    "x".repeat(100_000),
    "a.".repeat(50_000) + ".",
  ];
  for (const text of texts) assert.equal(parseNip05Address(text), undefined, text);
  assert.equal(parseNip05Address(undefined as unknown as string), undefined);
});
