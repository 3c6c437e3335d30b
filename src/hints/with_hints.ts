/**
 * Attaches what an app knows of relays to the filters of one request.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { eventOrGroupScope, peopleScope } from "../nostr/filter_subjects.ts";
import { eventKey } from "../nostr/subject_key.ts";
import { attachHints, hintsOf } from "./attached_hints.ts";
import type { Hint } from "./hint.ts";
import { HintList } from "./hint_list.ts";

/**
 * Attaches hints to a filter: relays that may have what it matches. A request with this very
 * object has the hints; a copy of it has none, and later requests keep none.
 *
 * The relays that are entered here or come from a pasted code are asked besides an author's relay
 * list, as far as the app's policy allows.
 *
 * @param filter Returned as the same object, unchanged.
 * @param hints URLs of relays, or hints about any subjects. A URL stands for the host of the
 * groups (`#h`) that the filter names, or else for a relay of its people and of its events: those
 * of `ids`, or those whose replies it asks for (`#e`, `#E`, `#q`, `#a`, `#A`).
 * What is malformed is left out. Each subject keeps at most 8 relays, the last attached
 * before earlier ones.
 * @throws {TypeError} If `hints` is not an array.
 *
 * @example An event, and a relay where somebody saw it
 * ```ts
 * import assert from "node:assert/strict";
 * import { withHints } from "@npool/outbox";
 *
 * const filter = withHints({ ids: ["ab".repeat(32)] }, ["wss://relay.example"]);
 *
 * // await pool.query([filter])
 * assert.deepEqual(filter, { ids: ["ab".repeat(32)] });
 * ```
 */
export function withHints<F extends NostrFilter>(
  filter: F,
  hints: readonly string[] | readonly Hint[],
): F {
  if (!Array.isArray(hints)) {
    throw new TypeError(
      `Cannot attach hints: "hints" must be an array of URLs or hints, got ${typeof hints}`,
    );
  }
  const list = new HintList("hand");
  const people = peopleScope(filter)?.subjects ?? [];
  for (const hint of hints as readonly (string | Hint)[]) {
    if (typeof hint === "string") addUrl(list, filter, people, hint);
    else list.add(hint?.subject, hint?.url, hint?.author, hint?.source);
  }
  for (const { subject, url, author, source } of hintsOf([filter])) {
    list.add(subject, url, author, source);
  }
  attachHints(filter, list.all());
  return filter;
}

function addUrl(
  list: HintList,
  filter: NostrFilter,
  people: readonly string[],
  url: string,
): void {
  if (filter["#h"]) return filter["#h"].forEach((group) => list.addGroup(group, url));
  const { role, subjects = [] } = eventOrGroupScope(filter) ?? {};
  if (role === "thread") { for (const event of subjects) list.add(eventKey(event), url); }
  for (const id of filter.ids ?? []) list.addEvent(id, url);
  for (const pubkey of people) list.addPerson(pubkey, url);
}
