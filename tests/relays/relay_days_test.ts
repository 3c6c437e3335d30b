import assert from "node:assert/strict";
import fc from "fast-check";
import { cleanDays, countDay, MAX_DAYS, type RelayDay } from "../../src/relays/relay_days.ts";
import { rebaseRelayRecord } from "../../src/relays/rebase_relay_record.ts";
import { RelayMemory } from "../../src/relays/relay_memory.ts";
import { UNKNOWN_RELAY } from "../../src/relays/relay_record.ts";
import { formatRelayRecord, parseRelayRecord } from "../../src/relays/relay_record_store.ts";
import { TestClock } from "../../testing/test_clock.ts";

const DAY_MS = 86_400_000;
const NOW_MS = 20_000 * DAY_MS;

Deno.test("countDay() adds to the day of the time, whatever day it is", () => {
  let days = countDay([], NOW_MS, { attempts: 1, successes: 1 });
  days = countDay(days, NOW_MS + DAY_MS - 1, { attempts: 1 });
  days = countDay(days, NOW_MS + DAY_MS, { hits: 0.25, misses: 0.5 });
  // A change that was made before, and is repeated after one that another process wrote.
  days = countDay(days, NOW_MS - DAY_MS, { hits: 1 });
  assert.deepEqual(days, [
    [19_999, 0, 0, 1, 0],
    [20_000, 2, 1, 0, 0],
    [20_001, 0, 0, 0.25, 0.5],
  ]);
});

Deno.test("countDay() keeps the latest 30 days on which anything happened, in order", () => {
  const offsets = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 80 });
  fc.assert(
    fc.property(offsets, (offsets) => {
      let days: readonly RelayDay[] = [];
      for (const offset of offsets) {
        days = countDay(days, NOW_MS + offset * DAY_MS, { attempts: 1 });
      }
      const kept = days.map(([day]) => day - 20_000);
      assert.deepEqual(kept, [...kept].sort((a, b) => a - b));
      assert.equal(new Set(kept).size, kept.length);
      assert.ok(kept.length <= MAX_DAYS);
      if (offsets.length > 0) assert.equal(kept.at(-1), Math.max(...offsets));
      const all = [...new Set(offsets)].sort((a, b) => a - b);
      // Nothing was lost if all of them fit.
      if (all.length <= MAX_DAYS) {
        assert.deepEqual(kept, all);
        assert.equal(days.reduce((sum, [, attempts]) => sum + attempts, 0), offsets.length);
      }
    }),
  );
});

Deno.test("countDay() drops the oldest day for a new one", () => {
  let days: readonly RelayDay[] = [];
  for (let i = 0; i < 40; i++) days = countDay(days, NOW_MS + i * DAY_MS, { attempts: 1 });
  assert.deepEqual(days.map(([day]) => day - 20_000), Array.from({ length: 30 }, (_, i) => 10 + i));
});

Deno.test("cleanDays() reads nothing but days, and what it reads it reads again", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.array(fc.array(fc.double())), (value, rows) => {
      for (const stored of [value, rows]) {
        const days = cleanDays(stored);
        assert.deepEqual(cleanDays(JSON.parse(JSON.stringify(days))), days);
      }
    }),
  );
  assert.deepEqual(cleanDays([[1, 2, 3, 4], [1, 2, 3, 4, -5], [1.5, 2, 3, 4, 5], "1"]), []);
  assert.deepEqual(cleanDays([[2, 1, 1, 0, 0], [1, 2, 3, 4.005, 5]]), [
    [1, 2, 3, 4.01, 5],
    [2, 1, 1, 0, 0],
  ]);
});

Deno.test("RelayMemory counts connections, failures and delivery by the day, also in its records", async () => {
  const clock = new TestClock();
  const stored = new Map<string, string>();
  const backend = {
    readRecords: () => Promise.resolve(new Map<string, string>()),
    writeRecords: (_: string, records: ReadonlyMap<string, string>) => {
      for (const [url, text] of records) stored.set(url, text);
      return Promise.resolve();
    },
  };
  const onError = (error: Error) => assert.fail(error);
  const memory = new RelayMemory({ clock, random: () => 0.5, backend, onError });
  await memory.ready();
  const [a, b] = ["wss://a.example/", "wss://b.example/"];
  memory.connected(a, 100);
  memory.connected(b, 100);
  memory.answered(b, 100);
  memory.learned(a, 3, 1);
  memory.failed(a, "unreachable", clock.now());
  await memory.close();
  const today = Math.floor(clock.now() / DAY_MS);
  assert.deepEqual(parseRelayRecord(stored.get(a))?.days, [[today, 2, 1, 3, 1]]);
  assert.deepEqual(parseRelayRecord(stored.get(b))?.days, [[today, 1, 1, 0, 0]]);
});

Deno.test("rebaseRelayRecord() counts the day of a change also if the record has changed since", () => {
  const before = { ...UNKNOWN_RELAY, attempts: 1, lastSuccess: NOW_MS + 5 };
  const days = countDay([], NOW_MS, { attempts: 1, successes: 1 });
  const after = { ...before, attempts: 2, lastSuccess: NOW_MS, days };
  assert.deepEqual(rebaseRelayRecord(before, after, NOW_MS).days, days);
});

Deno.test("formatRelayRecord() writes the fullest days short enough to be read again", () => {
  const days = Array.from({ length: MAX_DAYS }, (_, i): RelayDay => {
    const most = 9_999_998.99;
    return [20_000 + i, 9_999_999, 9_999_999, most, most];
  });
  const text = formatRelayRecord({ ...UNKNOWN_RELAY, days });
  assert.ok(text.length < 1_600, `${text.length}`);
  assert.deepEqual(parseRelayRecord(text)?.days, days);
});
