/**
 * Puts together what is known: people's lists of each kind, and hints.
 *
 * @module
 */

import type { RelayHint, RelayKnowledge, RelayList } from "../nostr/types.ts";
import type { Hint } from "./hint.ts";
import { TRUST } from "./hint_weight.ts";

/** What is known, and kind 10050 lists besides. */
export function addDmLists(
  known: ReadonlyMap<string, RelayKnowledge>,
  lists: ReadonlyMap<string, RelayList>,
): Map<string, RelayKnowledge> {
  const all = new Map(known);
  for (const [pubkey, { write }] of lists) all.set(pubkey, { ...known.get(pubkey), dm: write });
  return all;
}

/** Hints that count once: those of a request, by what they are about. */
export function freshHints(hints: Iterable<Hint>): Map<string, RelayHint[]> {
  const found = new Map<string, RelayHint[]>();
  for (const { subject, url, source } of hints) {
    const weight = TRUST[source]?.first;
    if (weight === undefined) continue;
    const own = found.get(subject);
    if (own) own.push({ url, weight, source });
    else found.set(subject, [{ url, weight, source }]);
  }
  return found;
}

/**
 * That an event may be wherever its author writes: there above all, but not in so many
 * places that the relay at which somebody saw it is not asked.
 */
export function authorHints({ write = [] }: RelayKnowledge): RelayHint[] {
  return write.map((url, i) => ({ url, weight: i === 0 ? 1 : 0.5, source: "author" }));
}

/**
 * What is known, and what hints say that came with a request.
 *
 * @param hints Those who wrote an event must be among what is known, if anything is.
 */
export function addAttached(
  known: ReadonlyMap<string, RelayKnowledge>,
  hints: readonly Hint[],
): ReadonlyMap<string, RelayKnowledge> {
  const fresh = freshHints(hints);
  for (const { subject, author } of hints) {
    if (author === undefined || subject === author) continue;
    fresh.get(subject)?.push(...authorHints(known.get(author) ?? {}));
  }
  return addHints(known, fresh);
}

/**
 * What is known, and hints besides; the same map where there are none. Of one relay the
 * heavier hint counts, and the heaviest come first; of equals the smaller URL.
 */
export function addHints(
  known: ReadonlyMap<string, RelayKnowledge>,
  hints: ReadonlyMap<string, readonly RelayHint[]>,
): ReadonlyMap<string, RelayKnowledge> {
  if (hints.size === 0) return known;
  const all = new Map(known);
  for (const [key, more] of hints) {
    const own = known.get(key);
    all.set(key, { ...own, hints: merged([...own?.hints ?? [], ...more]) });
  }
  return all;
}

function merged(hints: readonly RelayHint[]): RelayHint[] {
  const best = new Map<string, RelayHint>();
  for (const hint of hints) {
    if (!(best.get(hint.url)?.weight! >= hint.weight)) best.set(hint.url, hint);
  }
  return [...best.values()].sort((a, b) => b.weight - a.weight || (a.url < b.url ? -1 : 1));
}
