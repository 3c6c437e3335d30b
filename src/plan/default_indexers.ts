/**
 * The relays that collect relay lists and profiles: where discovery begins if an app
 * names no others.
 *
 * @module
 */

/** Relays that keep everybody's lists, each run by somebody else. */
export const INDEXERS: readonly string[] = [
  // Made for kinds 0, 3 and lists, crawls people's own relays for newer versions; the
  // one that most clients ask.
  "wss://purplepag.es/",
  // Coracle's, fed by a client that routes by these lists itself.
  "wss://indexer.coracle.social/",
  // A directory of Japanese clients, with good coverage of people the others lack.
  "wss://directory.yabu.me/",
  // Keeps profiles and relay lists and nothing else.
  "wss://user.kindpag.es/",
];
