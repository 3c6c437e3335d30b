/**
 * Which of two versions of an event stands (NIP-01).
 *
 * @module
 */

/** What tells versions apart. */
export interface Version {
  /** The id of the event. */
  readonly id: string;
  /** When it was written, in Unix seconds. */
  readonly created_at: number;
}

/**
 * Whether `a` replaces `b`: the later one, of equals the lower id. An event does
 * not replace itself.
 */
export function isNewer(a: Version, b: Version): boolean {
  return a.created_at > b.created_at || (a.created_at === b.created_at && a.id < b.id);
}
