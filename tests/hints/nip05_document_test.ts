import fc from "fast-check";
import assert from "node:assert/strict";
import { nip05Hints, nip05Person } from "../../src/hints/nip05_document.ts";
import { PEOPLE } from "../support/arbitraries.ts";
import { part } from "../support/hint_contract.ts";

const [ALICE, BOB] = PEOPLE;
const url = "wss://a.example";

Deno.test("NIP-05: nip05Person() reads the person behind a name, and that person's relays", () => {
  const document = {
    names: { alice: ALICE, bob: BOB, _: BOB },
    relays: { [ALICE]: [url, "wss://b.example"] },
  };
  const alice = { pubkey: ALICE, relays: [url, "wss://b.example"] };
  assert.deepEqual(nip05Person(document, "alice"), alice);
  assert.deepEqual(nip05Person(document, "_"), { pubkey: BOB, relays: [] });
  assert.equal(nip05Person(document, "carol"), undefined);
  assert.deepEqual(nip05Hints.read(alice)[0], { subject: ALICE, url, source: "nip05" });
});

Deno.test("NIP-05: nip05Person() ignores the case of a name, unless two names differ only in it", () => {
  assert.equal(nip05Person({ names: { Alice: ALICE } }, "alice")?.pubkey, ALICE);
  assert.equal(nip05Person({ names: { Alice: BOB, alice: ALICE } }, "alice")?.pubkey, ALICE);
});

Deno.test("NIP-05: nip05Person() takes only 64 lowercase hex digits for a pubkey", () => {
  for (
    const key of [ALICE.toUpperCase(), "npub1xxx", ALICE.slice(1), `${ALICE}\n`, null, 1, [ALICE]]
  ) {
    assert.equal(nip05Person({ names: { alice: key } }, "alice"), undefined);
  }
});

Deno.test("nip05Person() keeps at most 8 relays, and only strings", () => {
  const relaysOf = (relays: unknown) =>
    nip05Person({ names: { a: ALICE }, relays: { [ALICE]: relays } }, "a")?.relays;
  const urls = Array.from({ length: 20 }, (_, i) => `${url}/${i}`);
  assert.deepEqual(relaysOf(urls), urls.slice(0, 8));
  assert.deepEqual(relaysOf([1, null, "", url, url, {}, [url], "x".repeat(257)]), [url]);
  for (const junk of [null, 1, url, { 0: url, length: 1 }]) assert.deepEqual(relaysOf(junk), []);
});

Deno.test("nip05Person() ignores names that every object has", () => {
  for (const name of ["constructor", "__proto__", "tostring", "toString"]) {
    assert.equal(nip05Person({ names: {} }, name), undefined);
  }
});

Deno.test("nip05Person() throws at no document", () => {
  for (const document of [undefined, null, 1, "x", [], { names: null }, { names: [ALICE] }]) {
    assert.equal(nip05Person(document, "alice"), undefined);
  }
  const odd = fc.oneof(fc.anything(), part);
  const names = fc.oneof(odd, fc.dictionary(fc.constantFrom("alice", "_", "Alice"), odd));
  const relays = fc.oneof(
    odd,
    fc.dictionary(fc.constantFrom(...PEOPLE), fc.oneof(odd, fc.array(odd))),
  );
  const document = fc.oneof(odd, fc.record({ names, relays }, { requiredKeys: [] }));
  fc.assert(fc.property(document, fc.constantFrom("alice", "_"), (document, name) => {
    const person = nip05Person(document, name);
    if (person) assert.match(person.pubkey, /^[0-9a-f]{64}$/);
  }));
});
