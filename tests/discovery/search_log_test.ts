import fc from "fast-check";
import assert from "node:assert/strict";
import {
  formatSearchLog,
  parseSearchLog,
  SEARCH_LOG_RECORDS,
} from "../../src/discovery/search_log.ts";
import { person } from "../support/listed_people.ts";

const check = fc.record({ at: fc.nat({ max: 4_000_000_000 }), found: fc.boolean() }, {
  noNullPrototype: true,
});
const checks = fc.dictionary(fc.nat({ max: 65_535 }).map(String), check, {
  minKeys: 1,
  maxKeys: 16,
  noNullPrototype: true,
});

Deno.test("parseSearchLog() reads what formatSearchLog() writes", () => {
  fc.assert(fc.property(checks, (some) => {
    assert.deepEqual(parseSearchLog(formatSearchLog(some)), some);
  }));
  assert.equal(
    formatSearchLog({ 10002: { at: 5, found: true }, 10050: { at: 7, found: false } }),
    "10002+5 10050-7",
  );
});

Deno.test("parseSearchLog() returns undefined for any other text, in little time", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const read = parseSearchLog(text);
    assert.ok(read === undefined || formatSearchLog(read).length > 0);
  }));
  const bad = [
    "",
    " ",
    "10002",
    "10002+",
    "+5",
    "10002+5 ",
    "10002+5  10050-7",
    "10002*5",
    "1e5+5",
    "10002+-5",
  ];
  for (const text of [...bad, "1+1 ".repeat(1_000_000), "1+".padEnd(1_000_000, "1")]) {
    assert.equal(parseSearchLog(text), undefined);
  }
});

Deno.test("SEARCH_LOG_RECORDS keep logs by pubkey, and by the newest search in them", () => {
  assert.ok(SEARCH_LOG_RECORDS.isKey(person(1)));
  assert.ok(!SEARCH_LOG_RECORDS.isKey("id:" + person(1)));
  const some = { 10002: { at: 5, found: true }, 10050: { at: 7, found: false } };
  assert.equal(SEARCH_LOG_RECORDS.changedAt(some), 7);
  assert.equal(SEARCH_LOG_RECORDS.changedAt({}), 0);
});
