/**
 * The records of a database that one outbox has to itself.
 *
 * @module
 */

import type { RecordStore } from "../../src/base/record_store.ts";

/**
 * Records that no other outbox uses, for tests in which hours pass: where others may use them, too,
 * an outbox looks every 15 seconds who publishes, and a clock that waits for real sockets stops at
 * each of these times.
 */
export function onlyUserOf(db: RecordStore): RecordStore {
  return {
    readRecords: (topic) => db.readRecords(topic),
    writeRecords: (topic, records) => db.writeRecords(topic, records),
  };
}
