/**
 * Plans feeds, which are read little by little.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { FeedPlan } from "./feeds/feed_sources.ts";
import type { RelayKnowledge } from "./nostr/relay_knowledge.ts";
import type { LookedUp, ReqPlanner } from "./req_planner.ts";

/**
 * Plans a feed: people whose lists are looked for are read from the fallback relays meanwhile.
 *
 * @param isEarly Whether to plan before lists are found.
 * @throws As {@link ReqPlanner.route} does.
 */
export async function feedPlan(
  planner: ReqPlanner,
  filters: readonly NostrFilter[],
  signal: AbortSignal,
  isEarly = false,
): Promise<FeedPlan> {
  if (!isEarly) return await planner.route(filters, { signal });
  const { search, ...request } = await planner.lookUpEarly(filters, { signal });
  const known = search ? withoutHints(request, search.people) : request;
  const planned = planner.planned(known);
  planner.report(planned, known);
  if (!search) return planned;
  void planner.reportFound({ ...request, search });
  const { fallbackRelays } = planner;
  const found = search.found.then(({ knowledge }) =>
    withoutHintsTo(fallbackRelays, knowledge, search.people)
  );
  // It rejects for feeds alone that are given up.
  void Promise.allSettled([found]);
  return { ...planned, search: { people: search.people, found } };
}

/** What is known, without hints about people whose lists may yet be found: a list beats them all. */
function withoutHints(request: LookedUp, people: ReadonlySet<string>): LookedUp {
  const knowledge = new Map(request.knowledge);
  for (const pubkey of people) knowledge.delete(pubkey);
  return { ...request, knowledge };
}

/** The same without hints that people got since fallback relays stood in for their lists. */
function withoutHintsTo(
  relays: readonly string[],
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  people: ReadonlySet<string>,
): ReadonlyMap<string, RelayKnowledge> {
  return new Map([...knowledge].map(([key, known]) => {
    if (!known.hints || !people.has(key)) return [key, known];
    return [key, { ...known, hints: known.hints.filter(({ url }) => !relays.includes(url)) }];
  }));
}
