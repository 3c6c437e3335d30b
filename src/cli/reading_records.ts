/**
 * The records of a database for commands that read: without what is published.
 *
 * @module
 */

import type { RecordStore, RecordTopic } from "../base/record_store.ts";

/** What an outbox that sends goes on with. */
const SENDING: ReadonlySet<RecordTopic> = new Set(["publication", "publisher"]);

/** The records of a store but those of publications: an outbox over them sends none of these. */
export function readingRecords(store: RecordStore): RecordStore {
  return {
    readRecords: (topic) =>
      SENDING.has(topic) ? Promise.resolve(new Map()) : store.readRecords(topic),
    writeRecords: (topic, records) =>
      SENDING.has(topic) ? Promise.resolve() : store.writeRecords(topic, records),
    ...store.claim ? { claim: (...args) => store.claim!(...args) } : {},
  };
}
