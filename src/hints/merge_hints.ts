/**
 * Merges what is known of subjects: people's lists of each kind, and hints.
 *
 * @module
 */

import type { RelayHint, RelayKnowledge, RelayList } from "../nostr/relay_knowledge.ts";
import type { Hint } from "./hint.ts";
import { isHintSource } from "./hint_record.ts";
import { TRUST } from "./hint_weight.ts";

/** Adds kind 10050 lists. */
export function addDmLists(
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  lists: ReadonlyMap<string, RelayList>,
): Map<string, RelayKnowledge> {
  const all = new Map(knowledge);
  for (const [pubkey, { write }] of lists) {
    all.set(pubkey, { ...knowledge.get(pubkey), dm: write });
  }
  return all;
}

/**
 * Hints that an event is at its author's write relays. The first of them weighs most, but the
 * others weigh little enough that a relay where somebody saw the event is asked, too.
 */
export function authorHints({ write = [] }: RelayKnowledge): RelayHint[] {
  return write.map((url, i) => ({ url, weight: i === 0 ? 1 : 0.5, source: "author" }));
}

/**
 * Adds the hints that are attached to a request. Leaves out those of an unknown source.
 *
 * @param knowledge Should include the authors that the hints name.
 * @param hints The attached hints.
 */
export function addAttached(
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  hints: readonly Hint[],
): ReadonlyMap<string, RelayKnowledge> {
  if (hints.length === 0) return knowledge;
  const known = hints.filter(({ source }) => isHintSource(source));
  const fresh = freshHints(known);
  const authors = new Map<string, string>();
  for (const { subject, author } of known) {
    if (author === undefined || subject === author) continue;
    authors.set(subject, author);
    const found = authorHints(knowledge.get(author) ?? {});
    if (found.length > 0) fresh.set(subject, [...fresh.get(subject) ?? [], ...found]);
  }
  const all = new Map(addHints(knowledge, fresh));
  for (const [subject, author] of authors) all.set(subject, { ...all.get(subject), author });
  for (const [subject, given] of givenRelays(hints)) {
    all.set(subject, { ...all.get(subject), given });
  }
  return all;
}

/** The hints of a request by subject, with the weight of new ones. */
function freshHints(hints: readonly Hint[]): Map<string, RelayHint[]> {
  const found = new Map<string, RelayHint[]>();
  for (const { subject, url, source } of hints) {
    if (url === undefined) continue;
    const hint = { url, weight: TRUST[source].first, source };
    const others = found.get(subject);
    if (others) others.push(hint);
    else found.set(subject, [hint]);
  }
  return found;
}

/**
 * The relays that somebody entered or pasted for a request, by the person or event: these are
 * asked whatever else is known.
 */
export function givenRelays(hints: readonly Hint[]): Map<string, string[]> {
  const given = new Map<string, string[]>();
  for (const { subject, url, source } of hints) {
    if (url === undefined || source !== "hand" && source !== "nip19") continue;
    const urls = given.get(subject);
    if (urls) urls.push(url);
    else given.set(subject, [url]);
  }
  return given;
}

/**
 * Adds hints; returns the same map if there are none. Of several hints with one relay the
 * heaviest counts, and besides it that the event's author writes there. Hints are sorted by weight, of equals the smaller URL first.
 */
export function addHints(
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  hints: ReadonlyMap<string, readonly RelayHint[]>,
): ReadonlyMap<string, RelayKnowledge> {
  if (hints.size === 0) return knowledge;
  const all = new Map(knowledge);
  for (const [subject, more] of hints) {
    const before = knowledge.get(subject);
    all.set(subject, { ...before, hints: merged([...before?.hints ?? [], ...more]) });
  }
  return all;
}

function merged(hints: readonly RelayHint[]): RelayHint[] {
  const best = new Map<string, RelayHint>();
  for (const hint of hints) {
    // Where the author writes says nothing of replies, which a relay where somebody saw it has.
    const key = hint.source === "author" ? `author ${hint.url}` : hint.url;
    if (!(best.get(key)?.weight! >= hint.weight)) best.set(key, hint);
  }
  return [...best.values()].sort((a, b) => b.weight - a.weight || (a.url < b.url ? -1 : 1));
}
