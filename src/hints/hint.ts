/**
 * Hints: what an app sees or a user enters may say that a subject is at a relay.
 *
 * The room `hints/` collects them. A *subject* is a person, an event or a group; a *reader*
 * finds the hints of one *source*; the *book* keeps them, with a *weight* by source and age.
 *
 * @module
 */

import type { HintSource } from "../nostr/relay_knowledge.ts";

/** One hint, as it was read. */
export interface Hint {
  /** The subject of the hint: a pubkey, or a key made by `subjectKey`. */
  readonly subject: string;
  /**
   * The URL of the relay, as it was read: no policy has checked it. Absent if the hint names only
   * the author of an event, whose relays may have it.
   */
  readonly url?: string;
  /** The source of the hint, which decides its weight. */
  readonly source: HintSource;
  /** The author of the event, if the subject is an event and its author is known. */
  readonly author?: string;
}

/** Reads the hints of one source. */
export interface HintReader<Input> {
  /** The source of each hint that it reads. */
  readonly source: HintSource;
  /**
   * Reads the hints in an input. Strangers wrote it: whatever it holds, the reader throws
   * nothing, takes time linear in its length, and returns distinct hints, at most 8 for each
   * subject. URLs have 1 to 256 characters. A hint without a URL names an event's author.
   */
  readonly read: (input: Input) => Hint[];
}
