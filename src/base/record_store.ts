/**
 * Where what is learned is kept over restarts.
 *
 * @module
 */

/**
 * What records are about: relays (by URL), hints (by what they are about), lists that
 * were looked for (by pubkey), lists that relays have (by relay and pubkey).
 */
export type RecordTopic = "relay" | "hint" | "list" | "spread";

/**
 * Where what is learned survives a restart: short texts by key. The databases of this
 * library are one.
 */
export interface RecordStore {
  /** All records of a topic as they were written, the last written first if that is known. */
  readRecords(topic: RecordTopic): Promise<ReadonlyMap<string, string>>;
  /**
   * Puts records in place of those of the same topic and keys, all or none of them; an
   * empty text takes a record away.
   */
  writeRecords(topic: RecordTopic, records: ReadonlyMap<string, string>): Promise<void>;
}
