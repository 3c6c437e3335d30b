/**
 * Checks that every database can hold a record.
 *
 * @module
 */

import type { RecordTopic } from "../base/record_store.ts";

/**
 * Checks that records come back as they were written.
 *
 * @throws {TypeError} If a key or a record is not a string, or holds a NUL or half a
 * character.
 */
export function checkRecords(topic: RecordTopic, records: ReadonlyMap<string, string>): void {
  for (const texts of records) {
    for (const text of texts) {
      if (typeof text === "string" && text.isWellFormed() && !text.includes("\0")) continue;
      throw new TypeError(
        `Cannot keep the record ${JSON.stringify(texts[0])} of topic "${topic}": key and record ` +
          `must be text without NUL or half characters`,
      );
    }
  }
}
