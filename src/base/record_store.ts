/**
 * The interface to a store that keeps records across restarts.
 *
 * @module
 */

/**
 * What records are about.
 * - `relay`: relays, by URL.
 * - `hint`: hints, by the subject that they are about.
 * - `list`: searches for relay lists, by pubkey.
 * - `spread`: lists that relays have, by relay and pubkey.
 * - `span`: what relays answered completely, by author.
 * - `event`: who wrote events and where they were seen, by event.
 * - `publication`: events that are published, and how far they are at each relay, by event.
 */
export type RecordTopic = "relay" | "hint" | "list" | "spread" | "span" | "event" | "publication";

/**
 * Keeps what was learned across restarts, as short texts by key. The databases of this
 * library implement it.
 */
export interface RecordStore {
  /** Reads all records of a topic, the last written first if that is known. */
  readRecords(topic: RecordTopic): Promise<ReadonlyMap<string, string>>;
  /**
   * Replaces the records of these keys in a topic, all or none of them. An empty text
   * removes a record.
   */
  writeRecords(topic: RecordTopic, records: ReadonlyMap<string, string>): Promise<void>;
}
