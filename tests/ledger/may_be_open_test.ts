import * as fc from "fast-check";
import assert from "node:assert/strict";
import { LATE_INBOX_MS, mayBeOpen } from "../../src/ledger/may_be_open.ts";
import { isPending, type PublicationRecord } from "../../src/ledger/publication.ts";
import { publicationText } from "../../src/ledger/publication_text.ts";
import { note } from "../support/notes.ts";

const OLD = 3 * LATE_INBOX_MS;
const anyText = fc.oneof(
  fc.string(),
  fc.constantFrom('"pending",0', '["wss://a.example/","own","pending",0]', '","pending",0,"'),
);
const anyRecord: fc.Arbitrary<PublicationRecord> = fc.record({
  event: fc.record({ content: anyText, tags: fc.array(fc.array(anyText)) }).map(note),
  at: fc.nat({ max: 2 * OLD }),
  until: fc.nat(),
  by: anyText,
  targets: fc.array(
    fc.record({
      relay: fc.constantFrom("wss://a.example/", "wss://b.example/"),
      why: fc.constant("own" as const),
      state: fc.constantFrom(...["pending", "sign-in", "taken", "refused", "gone"] as const),
      tries: fc.nat(),
      reason: anyText,
    }),
    { minLength: 1 },
  ),
});

Deno.test("mayBeOpen() says whether anything is left to do, whatever an event and its relays say", () => {
  fc.assert(fc.property(anyRecord, (record) => {
    const isFresh = Math.abs(OLD - record.at) < LATE_INBOX_MS;
    assert.equal(mayBeOpen(publicationText(record), OLD), isFresh || isPending(record));
  }));
});

Deno.test("mayBeOpen() holds for what cannot be read, and not for what was removed", () => {
  assert.equal(mayBeOpen("", OLD), false);
  for (const text of ["{}", "null", "a", '{"at":"1"}']) assert.equal(mayBeOpen(text, OLD), true);
});
