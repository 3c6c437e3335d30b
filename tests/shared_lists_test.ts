import assert from "node:assert/strict";
import { PolledRecords } from "../src/base/polled_records.ts";
import type { SharedRecords } from "../src/base/record_store.ts";
import { SharedLists } from "../src/shared_lists.ts";
import { quiet, TestClock } from "../testing/test_clock.ts";
import { RecordMap } from "./support/relay_records.ts";

/** Records that tell of lists which another process stored, at each reading. */
function setUp(reload: (keys: Iterable<string>) => Promise<void>) {
  const clock = new TestClock();
  const errors: Error[] = [];
  let until = 0;
  const shared = {
    readChanges: () => {
      const stored = new Map([[`10002:${++until}`, ""]]);
      return Promise.resolve({ until, hasMore: false, changes: new Map([["stored", stored]]) });
    },
  } as unknown as SharedRecords;
  const onError = (error: Error) => void errors.push(error);
  const records = new PolledRecords(new RecordMap(), shared, { clock, onError });
  const lists = new SharedLists(records, { store: { reload }, onError });
  return { clock, errors, lists, records };
}

Deno.test("SharedLists reload what other processes stored, one after the other, until they are closed", async () => {
  const reloaded: string[] = [];
  const { clock, errors, lists, records } = setUp((keys) => {
    reloaded.push(...keys);
    return reloaded.length === 2 ? Promise.reject(new Error("busy")) : Promise.resolve();
  });
  await records.start();
  for (let i = 0; i < 3; i++) {
    await clock.advance(2_000);
    await quiet();
  }
  assert.deepEqual(reloaded, ["10002:2", "10002:3", "10002:4"]);
  assert.deepEqual(errors.map(({ message, cause }) => [message, (cause as Error).message]), [
    ["Cannot read the lists that other processes have stored", "busy"],
  ]);
  await lists.close();
  assert.equal(clock.pending, 0);
});

Deno.test("SharedLists of records that nobody shares do nothing", async () => {
  const reload = () => Promise.reject(new Error("not called"));
  await new SharedLists(new RecordMap(), { store: { reload }, onError: assert.ifError }).close();
});
