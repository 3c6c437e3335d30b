import fc from "fast-check";
import assert from "node:assert/strict";
import { type RelayRecord, UNKNOWN_RELAY } from "../../src/relays/relay_record.ts";
import { formatRelayRecord, parseRelayRecord } from "../../src/relays/relay_record_store.ts";
import { FAILURES, NOW_MS, recordOf, records } from "../support/relay_records.ts";

Deno.test("parseRelayRecord() reads a record back as formatRelayRecord() wrote it", () => {
  fc.assert(fc.property(records, (record) => {
    assert.deepEqual(parseRelayRecord(formatRelayRecord(record)), record);
  }));
});

Deno.test("formatRelayRecord() leaves out what is unknown, and rounds numbers", () => {
  assert.equal(formatRelayRecord(UNKNOWN_RELAY), "{}");
  assert.equal(formatRelayRecord(parseRelayRecord("{}")!), "{}");
  const connectMs = { mean: 123.456789, dev: 1 / 3 };
  assert.equal(
    formatRelayRecord(recordOf({ attempts: 2, hits: 0.12345, connectMs })),
    '{"attempts":2,"hits":0.123,"connectMs":{"mean":123.457,"dev":0.333}}',
  );
});

Deno.test("parseRelayRecord() reads whatever makes sense, and nothing else", () => {
  const text = JSON.stringify({
    attempts: 3,
    successes: -1,
    inARow: "2",
    lastSuccess: null,
    retryAt: 1e300,
    events: 12.5,
    reports: 0.3,
    failures: { unreachable: 2, "connect-timeout": -1, nonsense: 4, junk: "many" },
    connectMs: { mean: 100, dev: 20, extra: 1 },
    eoseMs: { mean: 100 },
    limits: { maxFilters: 10, maxSubscriptions: 0, cutAt: 1.5, authRequired: true, foreign: 1 },
    somethingNew: 1,
    __proto__: { hits: 5 },
  });
  assert.deepEqual(
    parseRelayRecord(text),
    recordOf({
      attempts: 3,
      events: 12.5,
      reports: 0.3,
      failures: { unreachable: 2 },
      connectMs: { mean: 100, dev: 20 },
      limits: { maxFilters: 10, authRequired: true },
    }),
  );
});

Deno.test("parseRelayRecord() knows every kind of failure", () => {
  const failures = Object.fromEntries(FAILURES.map((failure, i) => [failure, i + 1]));
  assert.deepEqual(parseRelayRecord(JSON.stringify({ failures }))?.failures, failures);
});

Deno.test("parseRelayRecord() returns nothing for a text that is no record", () => {
  for (const text of ["", "{", "null", "7", "[]", '"{}"', "\0", undefined, null, 7, {}]) {
    assert.equal(parseRelayRecord(text), undefined, String(text));
  }
  const long = (length: number) => JSON.stringify({ attempts: 1, x: "x".repeat(length - 21) });
  assert.equal(long(4_000).length, 4_000);
  assert.equal(parseRelayRecord(long(4_000))?.attempts, 1);
  assert.equal(parseRelayRecord(long(4_001)), undefined);
});

Deno.test("parseRelayRecord() reads no report that would make a weight 0 or raise it", () => {
  for (const reports of [0, -1, 1.5, 1e9]) {
    assert.equal(parseRelayRecord(JSON.stringify({ reports }))?.reports, 1);
  }
});

Deno.test("parseRelayRecord() makes a whole record of any text, or none, and never throws", () => {
  const names = fc.constantFrom(...Object.keys(UNKNOWN_RELAY), "connectMs", "eoseMs", "other");
  const values = fc.oneof(fc.jsonValue(), fc.double(), fc.constantFrom(-0, 1e308, 2 ** 53));
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc.dictionary(names, values).map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const record = parseRelayRecord(text);
      if (!record) return;
      for (const [name, value] of Object.entries(UNKNOWN_RELAY)) {
        const read: unknown = record[name as keyof RelayRecord];
        assert.equal(typeof read, typeof value);
        if (typeof read === "number") assert.ok(read >= 0 && read <= 2 ** 53, `${name}: ${read}`);
      }
      // It can be written, and read again and again.
      const again = parseRelayRecord(formatRelayRecord(record))!;
      assert.deepEqual(parseRelayRecord(formatRelayRecord(again)), again);
    }),
    { numRuns: 500 },
  );
});

Deno.test("formatRelayRecord() writes no record that is too long to be read again", () => {
  const most = Number.MAX_SAFE_INTEGER;
  const all = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, most]));
  const times = { mean: most, dev: most };
  const record = {
    ...all(Object.keys(UNKNOWN_RELAY)),
    failures: all(FAILURES),
    limits: all(["maxFilters", "maxSubscriptions", "maxMessageLength", "cutAt", "fullAt"]),
    connectMs: times,
    eoseMs: times,
    reports: 0.001,
  };
  const read = parseRelayRecord(JSON.stringify(record));
  assert.deepEqual(read, record);
  assert.ok(formatRelayRecord(read!).length < 2_000);
  assert.ok(NOW_MS < most);
});
