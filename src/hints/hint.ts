/**
 * Hints: something that was seen says of a relay that somebody, an event or a group
 * may be there.
 *
 * @module
 */

import type { HintSource } from "../nostr/types.ts";

/** One hint, as it was seen. */
export interface Hint {
  /** What it is about: a pubkey, or a key made by `subjectKey`. */
  readonly subject: string;
  /** The relay, as it was seen: no policy has looked at it. */
  readonly url: string;
  /** Where it comes from. */
  readonly source: HintSource;
  /** The author of the event that it is about, where that is known. */
  readonly author?: string;
}

/** A source of hints: how one kind of thing that is seen is read for them. */
export interface HintReader<Seen> {
  /** The source of each hint that it gives. */
  readonly source: HintSource;
  /**
   * The hints in what was seen. Strangers wrote it: whatever it holds, nothing is
   * thrown, the time is linear in its length, and hints are distinct and few (at most 8
   * about each person, event and group). URLs have 1 to 256 characters.
   */
  readonly read: (seen: Seen) => Hint[];
}
