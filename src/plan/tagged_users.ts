/**
 * The users whom an event addresses.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isReplaceableKind } from "nostr-tools/kinds";
import { coordinatePubkey } from "../nostr/coordinate.ts";
import { isPubkey } from "../nostr/pubkeys.ts";

/** Kinds of sets (NIP-51) beyond 30000 to 30007. */
const SET_KINDS: readonly number[] = [30015, 30030, 30063, 30267, 31924, 39089, 39092];

/** Whether the tags of this kind of event are entries of a list, and address nobody. */
function isList(kind: number): boolean {
  return isReplaceableKind(kind) || (kind >= 30_000 && kind < 30_008) || SET_KINDS.includes(kind);
}

/**
 * The users that an event tags, each once, in the order of the tags, without its author.
 *
 * Users are named by `p` and `P` (NIP-10, NIP-22), by the 4th element of a `q` (NIP-18), by
 * the 5th element of an `e` (NIP-10) or its 4th (NIP-22), and by the coordinate of an `a` or
 * `A`.
 *
 * Lists (contacts, mutes, sets, starter packs) address nobody: a follow list is
 * not delivered to everyone on it.
 */
export function taggedUsers(event: NostrEvent): string[] {
  if (isList(event.kind)) return [];
  const users = new Set<string>();
  for (const tag of event.tags) {
    for (const value of candidatesIn(tag)) if (isPubkey(value)) users.add(value);
  }
  users.delete(event.pubkey);
  return [...users];
}

/** The elements of a tag that may be pubkeys of users. */
function candidatesIn(tag: readonly string[]): readonly (string | undefined)[] {
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
      return [coordinatePubkey(tag[1] ?? "")];
    default:
      return [];
  }
}
