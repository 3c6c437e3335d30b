/**
 * Whom an event is addressed to.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isReplaceableKind } from "nostr-tools/kinds";
import { isPubkey } from "../nostr/pubkeys.ts";

/** Sets of people and things (NIP-51): 30000 to 30007, and these. */
const SETS: readonly number[] = [30015, 30030, 30063, 30267, 31924, 39089, 39092];

/** Whether a tag of this kind of event is an entry of a list, and addresses nobody. */
function isList(kind: number): boolean {
  return isReplaceableKind(kind) || (kind >= 30_000 && kind < 30_008) || SETS.includes(kind);
}

/**
 * The users that an event tags, each once, in the order of the tags, without its
 * author: `p` and `P` (NIP-10, NIP-22), the author that a `q` names as its 4th
 * (NIP-18) or an `e` as its 5th element (NIP-10; 4th in NIP-22), and the author
 * of an `a` or `A` coordinate.
 *
 * Lists (contacts, mutes, sets, starter packs) address nobody: a follow list is
 * not delivered to everyone on it.
 */
export function taggedUsers(event: NostrEvent): string[] {
  if (isList(event.kind)) return [];
  const users = new Set<string>();
  for (const tag of event.tags) {
    for (const value of namedBy(tag)) if (isPubkey(value)) users.add(value);
  }
  users.delete(event.pubkey);
  return [...users];
}

function namedBy(tag: readonly string[]): readonly (string | undefined)[] {
  switch (tag[0]) {
    case "p":
    case "P":
      return [tag[1]];
    case "q":
    case "E":
      return [tag[3]];
    case "e":
      return [tag[4], tag[3]];
    case "a":
    case "A":
      return [tag[1]?.split(":", 2)[1]];
    default:
      return [];
  }
}
