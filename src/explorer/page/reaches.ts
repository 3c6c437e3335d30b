/**
 * The ways in which people are reached, in the order and the words in which the page shows them.
 *
 * @module
 */

import type { Reach } from "../reach.ts";

/** Best first; each has a colour of its name in `page.css`. */
export const REACHES: readonly Reach[] = ["several", "one", "guess", "none"];

/** A short name for each. */
export const REACH_NAMES: Readonly<Record<Reach, string>> = {
  several: "Two or more relays",
  one: "One relay alone",
  guess: "Relays by guess",
  none: "Nobody to ask",
};

/** What each means. */
export const REACH_TEXTS: Readonly<Record<Reach, string>> = {
  several: "asked at two or more relays of their own list: one of them may fail",
  one: "asked at a single relay of their own list: if it fails, so does the person",
  guess:
    "no relay of their own is asked: fallback, popular and hinted relays may have their posts, or not",
  none: "no relay is asked for them",
};
