/**
 * Where replies to an event, reactions to it and quotes of it may be.
 *
 * @module
 */

import { isPubkey } from "../nostr/pubkeys.ts";
import type { RelayKnowledge } from "../nostr/relay_knowledge.ts";
import { addressAuthor, eventKey } from "../nostr/subject_key.ts";
import { weighedHints } from "./hinted_relays.ts";
import type { PlanSettings } from "./plan_options.ts";

/**
 * How many inboxes of an author are asked, if no fallback relay is one of them, and if one is: that
 * one is asked anyway. Who replies delivers to most of them, and relays lose some of it: each further
 * inbox finds less that is new, and sends the rest once more.
 */
const MAX_INBOXES = 3, MAX_INBOXES_WITH_FALLBACKS = 2;
/** Most relays that are asked since the event was seen there, or hints name them. */
const MAX_SEEN_RELAYS = 2;

/** Most relays of a request for threads alone, fallback relays included. */
export const MAX_THREAD_RELAYS = 12;

/** The relays of one event, each list the best first. */
export interface ThreadRelays {
  /** Of its author's read relays. */
  readonly inboxes: readonly string[];
  /**
   * Where the event was seen, or hints name it; or hints name its author, if no read relay is
   * known. Each has the weight of its hint as a share of the heaviest.
   */
  readonly seen: readonly (readonly [url: string, factor: number])[];
}

/** The author of an event, by the event's id or coordinate; `undefined` if unknown. */
export function threadAuthor(
  subject: string,
  knowledge: ReadonlyMap<string, RelayKnowledge>,
): string | undefined {
  const key = eventKey(subject);
  const author = addressAuthor(key) ?? knowledge.get(key)?.author;
  return isPubkey(author) ? author : undefined;
}

/** The relays to ask for what answers or quotes an event, by its id or coordinate. */
export function threadRelays(
  subject: string,
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  settings: Pick<PlanSettings, "check" | "weight" | "fallbackRelays">,
): ThreadRelays {
  const author = threadAuthor(subject, knowledge);
  const own = author === undefined ? undefined : knowledge.get(author);
  const inboxes = bestInboxes(own, settings);
  const seen = weighedHints(
    knowledge.get(eventKey(subject)),
    settings,
    // Replies go to where the author reads, not to where the author writes.
    ({ source }) => source !== "author",
  ).slice(0, MAX_SEEN_RELAYS);
  return { inboxes, seen: inboxes.length > 0 ? seen : [...weighedHints(own, settings), ...seen] };
}

/** Fallback relays first, then the heaviest; of equal weights the smaller URL. */
function bestInboxes(
  own: RelayKnowledge | undefined,
  { check, weight, fallbackRelays }: Pick<PlanSettings, "check" | "weight" | "fallbackRelays">,
): string[] {
  const usable = [...new Set((own?.read ?? []).flatMap((value) => check(value).url ?? []))]
    .map((url) => ({ url, weight: weight(url), isFallback: fallbackRelays.includes(url) }))
    .filter(({ weight }) => weight > 0);
  usable.sort((a, b) =>
    Number(b.isFallback) - Number(a.isFallback) || b.weight - a.weight || (a.url < b.url ? -1 : 1)
  );
  const fallbacks = usable.filter(({ isFallback }) => isFallback).length;
  const most = fallbacks === 0 ? MAX_INBOXES : Math.max(fallbacks, MAX_INBOXES_WITH_FALLBACKS);
  return usable.slice(0, most).map(({ url }) => url);
}
