/**
 * The roles in which people's own lists name the relays, and which of these lists changed.
 *
 * @module
 */

import { DM_LIST_KIND, RELAY_LIST_KIND } from "../nostr/kinds.ts";
import type { RelayKnowledge, RelayList, Role } from "../nostr/relay_knowledge.ts";
import type { RelayUrlCheck } from "../nostr/relay_url.ts";

/** A role in which a person's own list names the relays. */
export type ListedRole = Exclude<Role & keyof RelayKnowledge, "given">;

const LISTED_ROLES: readonly ListedRole[] = ["write", "read", "dm", "private"];

/** Whether a person's own list names the relays for a role. */
export function isListedRole(role: Role): role is ListedRole {
  return (LISTED_ROLES as readonly Role[]).includes(role);
}

/** Whether somebody's own list for a role names a relay, given in normal form. */
export function listsRelay(
  known: RelayKnowledge | undefined,
  role: Role,
  url: string,
  check: (url: string) => RelayUrlCheck,
): boolean {
  return isListedRole(role) && (known?.[role] ?? []).some((value) => check(value).url === url);
}

/** What a list says of its author's relays; `undefined` for a list of another kind. */
export function listNews({ write, read }: RelayList, kind: number): RelayKnowledge | undefined {
  if (kind === RELAY_LIST_KIND) return { write, read };
  return kind === DM_LIST_KIND ? { dm: write } : undefined;
}

/** The roles whose list names other relays than before. A list that is absent did not change. */
export function changedRoles(news: RelayKnowledge, before: RelayKnowledge = {}): ListedRole[] {
  return LISTED_ROLES.filter((role) => news[role] && !isSameSet(news[role], before[role]));
}

function isSameSet(urls: readonly string[], others: readonly string[] = []): boolean {
  return urls.every((url) => others.includes(url)) && others.every((url) => urls.includes(url));
}
