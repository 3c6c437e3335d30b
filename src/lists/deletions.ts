/**
 * Finds out which lists a deletion request (NIP-09) or a request to vanish (NIP-62) deletes.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { deletionTargets } from "../nostr/deletion_targets.ts";
import { DELETION_KIND, GIFT_WRAP_KINDS, LIST_KINDS, VANISH_KIND } from "../nostr/kinds.ts";
import { isPubkey } from "../nostr/pubkeys.ts";
import { vanishesFrom } from "../nostr/vanish_requests.ts";

/** Filters for whatever may have deleted any of these lists; there must be at least one. */
export function deletionFilters(lists: readonly NostrEvent[]): NostrFilter[] {
  const authors = [...new Set(lists.map(({ pubkey }) => pubkey))];
  const since = lists.reduce((least, list) => Math.min(least, list.created_at), Infinity);
  return [
    { kinds: [DELETION_KIND], authors, "#a": [...new Set(lists.map(addressOf))], since },
    { kinds: [DELETION_KIND], authors, "#e": [...new Set(lists.map(({ id }) => id))] },
    { kinds: [VANISH_KIND], authors, since },
  ];
}

/**
 * Indexes deletion requests and requests to vanish; other events among them are ignored.
 *
 * @param places Where the lists are, as `placesOf` gives it: a request to vanish from other places
 * is ignored.
 * @returns Finds the event that deletes a list. It must be by the list's author, and names
 * the list by its id, or is not older than the list and names its address or all events.
 */
export function indexDeletions(
  deletions: readonly NostrEvent[],
  places: readonly string[],
): (list: NostrEvent) => NostrEvent | undefined {
  const byId = new Map<string, NostrEvent>();
  /** The latest that deletes all versions of an address, or of an author, up to its own time. */
  const byScope = new Map<string, NostrEvent>();
  const addScope = (scope: string, deletion: NostrEvent) => {
    const latest = byScope.get(scope);
    if (!latest || latest.created_at < deletion.created_at) byScope.set(scope, deletion);
  };
  for (const deletion of deletions) {
    const { kind, pubkey } = deletion;
    if (kind === VANISH_KIND && vanishesFrom(deletion, places)) addScope(pubkey, deletion);
    if (kind !== DELETION_KIND) continue;
    const { ids, addresses } = deletionTargets(deletion);
    for (const id of ids) byId.set(`${id} ${pubkey}`, deletion);
    for (const address of addresses) addScope(addressOf(address), deletion);
  }
  return (list) => {
    const named = byId.get(`${list.id} ${list.pubkey}`);
    if (named) return named;
    return [byScope.get(list.pubkey), byScope.get(addressOf(list))]
      .find((deletion) => deletion && list.created_at <= deletion.created_at);
  };
}

/** Filters for the lists that an event deletes at these places; empty if it deletes none. */
export function deletedListFilters(event: NostrEvent, places: readonly string[]): NostrFilter[] {
  const { kind, pubkey, created_at: until } = event;
  const authors = [pubkey];
  if (kind === VANISH_KIND) {
    return vanishesFrom(event, places) ? [{ kinds: [...LIST_KINDS], authors, until }] : [];
  }
  if (kind !== DELETION_KIND) return [];
  const { ids, addresses } = deletionTargets(event);
  const kinds = LIST_KINDS.filter((kind) => addresses.some((address) => address.kind === kind));
  return [
    ...ids.length > 0 ? [{ kinds: [...LIST_KINDS], authors, ids: [...ids] }] : [],
    ...kinds.length > 0 ? [{ kinds, authors, until }] : [],
  ];
}

/** Filters for the gift wraps that an event takes along: those to an author who vanishes. */
export function deletedWrapFilters(event: NostrEvent, places: readonly string[]): NostrFilter[] {
  const { kind, pubkey, created_at: until } = event;
  if (kind !== VANISH_KIND || !vanishesFrom(event, places)) return [];
  return [{ kinds: [...GIFT_WRAP_KINDS], "#p": [pubkey], until }];
}

/** Filters for whatever may keep an event away that is no list: requests to vanish of recipients. */
export function wrapDeletionFilters({ kind, tags, created_at: since }: NostrEvent): NostrFilter[] {
  if (!GIFT_WRAP_KINDS.includes(kind)) return [];
  const authors = tags.filter(([name, pubkey]) => name === "p" && isPubkey(pubkey))
    .map(([, pubkey]) => pubkey);
  return authors.length > 0 ? [{ kinds: [VANISH_KIND], authors, since }] : [];
}

/** The address of a replaceable event: `kind:pubkey:`. */
function addressOf({ kind, pubkey }: Pick<NostrEvent, "kind" | "pubkey">): string {
  return `${kind}:${pubkey}:`;
}
