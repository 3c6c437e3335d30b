/**
 * Bounds the waits for a store of records.
 *
 * @module
 */

import type { CircuitBreaker } from "./circuit_breaker.ts";
import type { RecordStore } from "./record_store.ts";

/** The same records, through a breaker. */
export function boundedRecords(records: RecordStore, breaker: CircuitBreaker): RecordStore {
  const { shared } = records;
  return {
    readRecords: (topic) => breaker.read(() => records.readRecords(topic)),
    writeRecords: (topic, texts) => breaker.write(() => records.writeRecords(topic, texts)),
    shared: shared && {
      updateRecords: (...args) => breaker.write(() => shared.updateRecords(...args)),
      readChanges: (since) => breaker.read(() => shared.readChanges(since)),
    },
    claim: records.claim && ((...args) => breaker.write(() => records.claim!(...args))),
  };
}
