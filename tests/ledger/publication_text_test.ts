import fc from "fast-check";
import assert from "node:assert/strict";
import type { PublicationRecord } from "../../src/ledger/publication.ts";
import { parsePublication, publicationText } from "../../src/ledger/publication_text.ts";
import { note } from "../support/notes.ts";

const anyTarget = fc.record({
  relay: fc.constantFrom("wss://a.example/", "wss://b.example/"),
  why: fc.constantFrom("own" as const, "inbox" as const, "dm" as const),
  state: fc.constantFrom("pending" as const, "taken" as const, "given-up" as const),
  tries: fc.nat(),
  nextAt: fc.nat(),
  reason: fc.string({ unit: "binary" }),
  failure: fc.constantFrom("error" as const, "no-ok" as const),
}, { requiredKeys: ["relay", "why", "state", "tries"], noNullPrototype: true });

const anyRecord: fc.Arbitrary<PublicationRecord> = fc.record({
  event: fc.record({ content: fc.string({ unit: "binary" }), kind: fc.nat({ max: 65_535 }) })
    .map((draft) => note(draft)),
  at: fc.nat(),
  until: fc.nat(),
  targets: fc.array(anyTarget, { minLength: 1, maxLength: 4 }),
}, { noNullPrototype: true });

Deno.test("parsePublication() reads what publicationText() writes, and that is text which any database keeps", () => {
  fc.assert(fc.property(anyRecord, (record) => {
    const text = publicationText(record);
    assert.ok(text.isWellFormed() && !text.includes("\0"));
    assert.deepEqual(parsePublication(text), record);
  }));
});

Deno.test("parsePublication() gives nothing for a text that was cut or changed, and never throws", () => {
  fc.assert(fc.property(anyRecord, fc.nat(), fc.string(), (record, at, more) => {
    const text = publicationText(record);
    const cut = text.slice(0, at % text.length);
    assert.equal(parsePublication(cut), undefined);
    parsePublication(cut + more);
  }));
  for (const text of ["null", "[]", "{}", '{"at":1,"until":2,"targets":[],"event":{}}']) {
    assert.equal(parsePublication(text), undefined);
  }
});
