/**
 * Reads the entries of a user's list (NIP-51) that name relays.
 *
 * @module
 */

import { hostOf, type RelayUrlCheck } from "../nostr/relay_url.ts";

/** Most entries of one list that count. */
const MAX_ENTRIES = 64;

/** The first value of each valid entry, and its relay, the element at `index`, in normal form. */
export function readEntries(
  tags: readonly (readonly unknown[])[],
  name: string,
  index: number,
  check: (url: string) => RelayUrlCheck,
): [value: string, url: string][] {
  const entries = tags.filter((tag) => Array.isArray(tag) && tag[0] === name).slice(0, MAX_ENTRIES);
  return entries.flatMap(({ 1: value, [index]: relay }) => {
    if (typeof value !== "string" || typeof relay !== "string") return [];
    const { url } = check(relay);
    return url === undefined ? [] : [[value, url]];
  });
}

/** Whether a URL in normal form is the root of its host. */
export function isHostRoot(url: string): boolean {
  return url.slice(url.indexOf("/")) === `//${hostOf(url)}/`;
}
