/**
 * Decides which of two versions of an event is valid (NIP-01).
 *
 * @module
 */

/** The fields that tell versions apart. */
export interface Version {
  /** The id of the event. */
  readonly id: string;
  /** When the event was written, in Unix seconds. */
  readonly created_at: number;
}

/**
 * Whether `a` replaces `b`: the later version does, and of equal times the lower id. An event
 * does not replace itself.
 */
export function isNewer(a: Version, b: Version): boolean {
  return a.created_at > b.created_at || (a.created_at === b.created_at && a.id < b.id);
}
