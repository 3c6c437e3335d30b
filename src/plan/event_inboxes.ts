/**
 * Which inbox relays of tagged users get an event, and which users they reach.
 *
 * @module
 */

import type { RelayKnowledge } from "../nostr/relay_knowledge.ts";
import type { Unrouted } from "../nostr/unrouted.ts";
import { chooseInboxes } from "./choose_inboxes.ts";
import type { Delivery } from "./event_plan.ts";
import { hintedRelays } from "./hinted_relays.ts";
import type { PlanSettings } from "./plan_options.ts";
import { RelayGraphBuilder } from "./relay_graph.ts";

/** Why a relay gets an event for the users it tags. */
export type InboxReason = "inbox" | "hint" | "fallback";

/**
 * Chooses inbox relays of tagged users: the read relays of their lists, or the relays of
 * their best hints and the fallback relays for a user who lists no usable relay. Each user
 * gets one before any gets a second.
 *
 * @param reasons The relays that get the event anyway, which serve tagged users, too. The
 * chosen relays are added to them.
 */
export function planDelivery<Reason>(
  users: readonly string[],
  reasons: Map<string, Reason | InboxReason>,
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  settings: PlanSettings,
): Delivery {
  const builder = new RelayGraphBuilder((url) => settings.check(url).url, settings.weight);
  /** How many hinted relays each user has; `undefined` for a user with a usable list. */
  const hintCounts = users.map((user) => {
    const own = knowledge.get(user);
    const isListed = builder.add(own?.read ?? []) > 0;
    const hintCount = isListed ? undefined : builder.add(hintedRelays(own, settings));
    if (!isListed) builder.add(settings.fallbackRelays);
    builder.endRow();
    return hintCount;
  });
  const graph = builder.build();
  const { urls, starts, relaysOf } = graph;
  const rows = users.map((_, user) =>
    Array.from(relaysOf.subarray(starts[user], starts[user + 1]), (id) => urls[id])
  );
  const listed = new Set(rows.filter((_, user) => hintCounts[user] === undefined).flat());
  const hinted = new Set(rows.flatMap((row, user) => row.slice(0, hintCounts[user] ?? 0)));
  const taken = new Set(urls.flatMap((url, id) => reasons.has(url) ? id : []));
  for (const id of chooseInboxes(graph, taken, settings.maxInboxes)) {
    const url = urls[id];
    reasons.set(url, listed.has(url) ? "inbox" : hinted.has(url) ? "hint" : "fallback");
  }

  const inboxes = new Map<string, string[]>();
  const skipped = new Map<string, string[]>();
  const unrouted: Unrouted[] = [];
  users.forEach((pubkey, user) => {
    const reached = rows[user].filter((url) => reasons.has(url));
    const missed = rows[user].filter((url) => !reasons.has(url));
    if (missed.length > 0) skipped.set(pubkey, missed);
    if (reached.length > 0) inboxes.set(pubkey, reached);
    else unrouted.push({ reason: rows[user].length === 0 ? "no-list" : "cap", pubkey });
  });
  return { inboxes, skipped, unrouted };
}
