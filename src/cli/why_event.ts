/**
 * Looks for an event where it should be, and where it may be.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { systemClock } from "../base/clock.ts";
import { hintsOf } from "../hints/attached_hints.ts";
import { DM_LIST_KIND } from "../nostr/kinds.ts";
import type { RelayKnowledge } from "../nostr/relay_knowledge.ts";
import { checkRelayUrl } from "../nostr/relay_url.ts";
import { eventLookup } from "../plan/event_lookup.ts";
import { planEvent } from "../plan/plan_event.ts";
import type { WhyPlace } from "./event_places.ts";
import { pickPlanOptions } from "./plan_options_of.ts";
import { refusedRelays } from "./refused_relays.ts";
import type { Session } from "./session.ts";
import type { Terminal } from "./terminal.ts";
import type { WhyEventSource } from "./why_event_report.ts";

/** Most inboxes that are looked at. */
const MAX_INBOXES = 30;

/**
 * Asks relays for an event.
 *
 * @param filter As `Outbox.find` made it, with its hints.
 */
export async function findEvent(
  session: Session,
  filter: NostrFilter,
  terminal: Pick<Terminal, "progress">,
  signal: AbortSignal,
): Promise<WhyEventSource> {
  const { outbox, pool, prober, settings } = session;
  const hints = hintsOf([filter]);
  const [event] = await pool.query([filter], { signal });
  signal.throwIfAborted();
  const author = event?.pubkey ?? filter.authors?.[0] ?? hints.find(({ author }) => author)?.author;
  const knowledge = await knowledgeFor(session, event, author, signal);
  const options = { ...pickPlanOptions(settings), maxInboxes: MAX_INBOXES };
  const plan = event && planEvent(event, knowledge, options);

  const places = new Map<string, WhyPlace[]>();
  const add = (value: string | undefined, place: WhyPlace) => {
    const { url } = checkRelayUrl(value ?? "", settings.policy);
    if (url === undefined) return;
    const others = places.get(url) ?? [];
    if (!others.includes(place)) places.set(url, [...others, place]);
  };
  for (const [url, reason] of plan?.reasons ?? []) add(url, reason);
  const list = author === undefined ? undefined : knowledge.get(author);
  if (!plan) { for (const url of list?.write ?? []) add(url, "outbox"); }
  const { readers, isUnanswered } = await readersOf(session, event, author);
  for (const [url, place] of readers) add(url, place);
  for (const { url } of hints) add(url, "link");
  if (event) { for (const url of await outbox.seenOn(event.id)) add(url, "seen"); }
  for (const url of settings.fallbackRelays ?? []) add(url, "fallback");

  const { ids: _, ...versions } = filter;
  const exact = filter.ids ? { ids: filter.ids } : versions;
  const bar = terminal.progress("Relays", places.size);
  let answered = 0;
  try {
    const answers = await Promise.all([...places.keys()].map(async (url) => {
      const answer = await prober.ask(url, [exact, ...deletionFilters(filter, author)], signal);
      bar.update(++answered);
      return answer;
    }));
    signal.throwIfAborted();
    return {
      filter: exact,
      author,
      hasList: list?.write !== undefined,
      isUnanswered,
      places,
      refused: refusedRelays(list, settings.policy),
      ...plan?.refusal === undefined ? {} : { refusal: plan.refusal },
      answers,
      now: Math.floor(systemClock.now() / 1000),
    };
  } finally {
    bar.close();
  }
}

/** What is known of those whom the event concerns, once it was searched for. */
async function knowledgeFor(
  { outbox }: Session,
  event: NostrEvent | undefined,
  author: string | undefined,
  signal: AbortSignal,
): Promise<Map<string, RelayKnowledge>> {
  const { people, dm } = event
    ? eventLookup(event)
    : { people: author === undefined ? [] : [author], dm: [] };
  const all = [...new Set([...people, ...dm, ...author === undefined ? [] : [author]])];
  if (all.length === 0) return new Map();
  await outbox.discover(all, { signal });
  const knowledge = new Map<string, RelayKnowledge>(await outbox.store.get(all, { signal }));
  const messages = await outbox.store.get(dm, { signal, kind: DM_LIST_KIND });
  for (const [pubkey, { write }] of messages) {
    knowledge.set(pubkey, { ...knowledge.get(pubkey), dm: write });
  }
  return knowledge;
}

/**
 * The relays that an app would ask for the author's events of this kind, and those it must not;
 * and whether too few relays answered the search for the author's list.
 */
async function readersOf(
  { outbox }: Session,
  event: NostrEvent | undefined,
  author: string | undefined,
): Promise<{ readers: [url: string, place: "reader" | "blocked"][]; isUnanswered: boolean }> {
  if (author === undefined) return { readers: [], isUnanswered: false };
  const { plan, missingLists } = await outbox.explain([{
    kinds: [event?.kind ?? 1],
    authors: [author],
  }]);
  const skipped = plan.subjects.flatMap(({ skipped }) => skipped);
  return {
    readers: [
      ...[...plan.routes.keys()].map((url) => [url, "reader"] as [string, "reader"]),
      ...skipped.filter(({ reason }) => reason === "blocked")
        .map(({ url }) => [url, "blocked"] as [string, "blocked"]),
    ],
    isUnanswered: missingLists.some(({ reason }) => reason === "not-answered"),
  };
}

/** What asks for the deletion of the event. */
function deletionFilters({ ids, kinds, authors, ...tags }: NostrFilter, author?: string) {
  if (author === undefined) return [];
  const deletions = { kinds: [5], authors: [author] };
  if (ids) return [{ ...deletions, "#e": ids }];
  const address = `${kinds?.[0]}:${authors?.[0]}:${tags["#d"]?.[0] ?? ""}`;
  return [{ ...deletions, "#a": [address] }];
}
