import assert from "node:assert/strict";
import { type RelayRecord, UNKNOWN_RELAY } from "../../src/relays/relay_record.ts";
import { relayRecords } from "../../src/relays/relay_record_store.ts";
import { TestClock } from "../../testing/test_clock.ts";
import { RecordMap } from "../support/relay_records.ts";

const attempt = (record: RelayRecord) => ({ ...record, attempts: record.attempts + 1 });

Deno.test("relayRecords() remember nothing whose key is no relay's URL", () => {
  const clock = new TestClock();
  const onError = (error: Error) => assert.fail(error);
  const records = relayRecords({ clock, backend: new RecordMap(), onError, max: 100 });
  for (
    const url of [
      "",
      "nonsense",
      "http://a.example/",
      `wss://${"a".repeat(251)}`,
      "wss://\0/",
    ] as const
  ) {
    records.change(url, attempt, UNKNOWN_RELAY);
    assert.equal(records.get(url), undefined, url);
  }
  records.change(`wss://${"a".repeat(250)}`, attempt, UNKNOWN_RELAY);
  assert.equal([...records.entries()].length, 1);
  assert.equal(clock.pending, 1);
});
