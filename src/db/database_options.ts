/**
 * The options that all event databases have.
 *
 * @module
 */

import type { OptionNames } from "../base/check_option.ts";

/** The options of an `EventDatabase`. */
export interface EventDatabaseOptions {
  /**
   * The URLs of the relay that serves the events, if one does: a request to vanish (NIP-62) that
   * names one of them counts, as one that names all relays always does.
   * @default []
   */
  readonly relayUrls?: readonly string[];
  /**
   * The time in milliseconds since 1970, by which events expire (NIP-40).
   * @default Date.now
   */
  readonly now?: () => number;
  /**
   * Whether other processes use the database at the same time: then outboxes read every two seconds
   * what others have learned, and do not search for what another one searches for. For PostgreSQL
   * alone; SQLite ignores it.
   * @default true for `openPostgres`, false otherwise
   */
  readonly shared?: boolean;
}

/** The names of all options of an event database. */
export const DATABASE_OPTIONS: OptionNames<EventDatabaseOptions> = {
  relayUrls: true,
  now: true,
  shared: true,
};
