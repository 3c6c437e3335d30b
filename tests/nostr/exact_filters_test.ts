import type { NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { nip19 } from "nostr-tools";
import {
  advised,
  exactFilters,
  invalidEntry,
  invalidError,
} from "../../src/nostr/exact_filters.ts";
import { isPubkey } from "../../src/nostr/pubkeys.ts";

const A = "aa".repeat(32);
const KEYS = ["authors", "#p", "ids", "#e"] as const;
const value = fc.constantFrom(A, "bb".repeat(32), A.toUpperCase(), "junk", "", A.slice(1));

Deno.test("NIP-01: exactFilters() leaves nothing but 64 lowercase hex characters in authors, ids, #e and #p, and names the rest", () => {
  const values = fc.array(value, { maxLength: 4 });
  const filter = fc.record({
    authors: values,
    "#p": values,
    ids: values,
    "#e": values,
    "#t": values,
  }, {
    requiredKeys: [],
  });
  fc.assert(fc.property(fc.array(filter, { maxLength: 3 }), (filters) => {
    const { filters: exact, invalid } = exactFilters(filters);
    filters.forEach((given, index) => {
      assert.deepEqual(exact[index]["#t"], given["#t"]);
      for (const key of KEYS) {
        assert.deepEqual(exact[index][key], given[key]?.filter(isPubkey));
        const wrong = invalid.filter((one) => one.filter === index && one.key === key);
        const expected = new Set(given[key]?.filter((value) => !isPubkey(value)));
        assert.deepEqual(wrong.map(({ value }) => value), [...expected]);
      }
      if (!invalid.some(({ filter }) => filter === index)) assert.equal(exact[index], given);
    });
    if (invalid.length === 0) assert.equal(exact, filters);
  }));
});

Deno.test("invalidEntry() names a pubkey or an id, and no secret", () => {
  const nsec = nip19.nsecEncode(new Uint8Array(32).fill(1));
  const filters = [{ authors: ["x", nsec] }, { ids: [5, A.slice(1)] }, { "#e": ["y"] }];
  const { invalid } = exactFilters(filters as NostrFilter[]);
  assert.deepEqual(invalid.map(invalidEntry), [
    { reason: "invalid-pubkey", pubkey: "x", filter: 0 },
    { reason: "invalid-pubkey", pubkey: "(a secret key)", filter: 0 },
    { reason: "invalid-id", id: "5", filter: 1 },
    { reason: "invalid-id", id: A.slice(1), filter: 1 },
    { reason: "invalid-id", id: "y", filter: 2 },
  ]);
});

Deno.test("invalidError() is a few lines long for 300 values, and says what to write", () => {
  const authors = Array.from({ length: 300 }, (_, i) => nip19.npubEncode(`${i}`.padStart(64, "0")));
  const { invalid } = exactFilters([{ authors }]);
  const { message } = invalidError("send a request", invalid);
  assert.match(message, /^Cannot send a request: "authors" must be pubkeys of 64 lowercase hex/);
  assert.match(message, /; and 297 more such values$/);
  assert.ok(message.length < 700, `${message.length}`);
});

Deno.test("advised() says what to write instead of a code, upper case or an address, and repeats no secret", () => {
  const nsec = nip19.nsecEncode(new Uint8Array(32).fill(1));
  assert.equal(advised(A.toUpperCase()), `"${A.toUpperCase()}": write it in lower case`);
  for (const code of [nip19.npubEncode(A), nip19.noteEncode(A), `nostr:${nip19.npubEncode(A)}`]) {
    assert.equal(
      advised(code),
      `"${code}": decode it with nip19.decode() of nostr-tools, or use outbox.find()`,
    );
  }
  assert.equal(advised("bob@nostr.example"), '"bob@nostr.example": use outbox.find()');
  assert.equal(advised("junk"), '"junk"');
  assert.equal(advised(undefined), "undefined");
  assert.equal(advised(nsec), "a secret key, which belongs in no request");
});
