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
 * - `publisher`: the outboxes that publish, by a name that each gives itself.
 */
export type RecordTopic =
  | "relay"
  | "hint"
  | "list"
  | "spread"
  | "span"
  | "event"
  | "publication"
  | "publisher";

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
  /** What several processes need that share the records; absent if only one uses them. */
  readonly shared?: {
    /**
     * Replaces records of these keys by what `change` makes of the stored ones. Leaves those alone
     * that another process changes meanwhile. Writes none if it rejects.
     *
     * @param change Gets the stored records, and returns what replaces them. An empty text removes
     * a record, and a key that is absent is left alone. Must be pure: it may be called again.
     * @returns The keys of the records that another process changed meanwhile.
     */
    updateRecords(
      topic: RecordTopic,
      keys: readonly string[],
      change: (stored: ReadonlyMap<string, string>) => ReadonlyMap<string, string>,
    ): Promise<ReadonlySet<string>>;
    /**
     * Reads what other processes have changed, in the order of the changes, perhaps not all at once.
     *
     * @param since Where the last reading ended; absent: reads nothing, and says where changes end.
     * @returns `until`: where this reading ended; `hasMore`: whether there may be more; `changes`:
     * the last text of each changed record, by topic and key, without removed ones. The topic
     * `stored` names relay lists, and events that delete lists, which were stored: its keys are
     * `<kind>:<pubkey>`.
     */
    readChanges(since?: number): Promise<{
      readonly until: number;
      readonly hasMore: boolean;
      readonly changes: ReadonlyMap<RecordTopic | "stored", ReadonlyMap<string, string>>;
    }>;
  };
  /**
   * Claims keys for `ms` milliseconds, so that one of several who use the records does what they
   * stand for. With 0 a claim ends. Absent if only one uses them.
   *
   * @param owner Who claims them. @default this object
   * @returns The keys that no other owner has claimed.
   */
  claim?(keys: readonly string[], ms: number, owner?: string): Promise<ReadonlySet<string>>;
}

/** How several processes work on the same records; see {@link RecordStore}. */
export type SharedRecords = NonNullable<RecordStore["shared"]>;

/** What other processes have changed. */
export type RecordChanges = Awaited<ReturnType<SharedRecords["readChanges"]>>;
