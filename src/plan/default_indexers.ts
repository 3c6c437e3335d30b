/**
 * The default indexers: relays that collect relay lists and profiles, where discovery
 * begins unless an app names others.
 *
 * @module
 */

/** Relays that keep everybody's lists, each run by somebody else. */
export const INDEXERS: readonly string[] = [
  // Made for kinds 0, 3 and lists; crawls users' own relays for newer versions. Most
  // clients ask this one.
  "wss://purplepag.es/",
  // Coracle's, fed by a client that routes by these lists itself.
  "wss://indexer.coracle.social/",
  // A directory of Japanese clients; it covers many users whom the others lack.
  "wss://directory.yabu.me/",
  // Keeps profiles and relay lists and nothing else.
  "wss://user.kindpag.es/",
];
