/**
 * Chooses few relays that carry every author: the selection alone, for apps that have
 * their own relay lists.
 *
 * @module
 */

import { assignRelays, heaviestFirst } from "./assign_relays.ts";
import { greedyCover } from "./greedy_cover.ts";
import { type PlanOptions, planSettings } from "./plan_options.ts";
import { RelayGraphBuilder } from "./relay_graph.ts";

/** The options of {@link PlanOptions} that the selection uses. */
export type SelectRelaysOptions = Pick<
  PlanOptions,
  "maxRelays" | "relaysPerAuthor" | "weight"
>;

/**
 * Chooses few relays that together carry every author.
 *
 * Greedy on a concave value: a second relay of an author is worth less than a first. The
 * result is worth at least 63 % (1 - 1/e) of the best choice of `maxRelays` relays. Ties go
 * to the smaller URL, and the order of `relaysByAuthor` never matters. Authors who are left
 * out are absent from the result: request them from fallback relays.
 *
 * @param relaysByAuthor Each author's write relays. URLs must be in normal form. Of several
 * URLs of one host only one counts.
 * @returns The chosen relays of each author, best first, at most `relaysPerAuthor`.
 * @throws {RangeError} If an option is out of its range.
 *
 * @example A relay shared by both authors is enough
 * ```ts
 * import assert from "node:assert/strict";
 * import { selectRelays } from "@npool/outbox/plan";
 *
 * const selected = selectRelays(
 *   new Map([
 *     ["alice", ["wss://a.example/", "wss://hub.example/"]],
 *     ["bob", ["wss://b.example/", "wss://hub.example/"]],
 *   ]),
 *   { maxRelays: 1 },
 * );
 *
 * assert.deepEqual(selected.get("alice"), ["wss://hub.example/"]);
 * assert.deepEqual(selected.get("bob"), ["wss://hub.example/"]);
 * ```
 */
export function selectRelays(
  relaysByAuthor: ReadonlyMap<string, readonly string[]>,
  options?: SelectRelaysOptions,
): Map<string, string[]> {
  const { maxRelays, relaysPerAuthor, weight } = planSettings(options);
  const builder = new RelayGraphBuilder(undefined, weight, { perHost: true });
  for (const relays of relaysByAuthor.values()) {
    builder.add(relays);
    builder.endRow();
  }

  const graph = builder.build();
  const chosen = heaviestFirst(
    graph,
    greedyCover(graph, { maxRelays, relaysPerSubject: relaysPerAuthor }),
  );
  const { relayIndexes, relaysPerSubject } = assignRelays(graph, chosen, {
    relaysPerSubject: relaysPerAuthor,
  });
  const selected = new Map<string, string[]>();
  let at = 0;
  for (const author of relaysByAuthor.keys()) {
    const own: string[] = [];
    for (let i = at; i < at + relaysPerSubject && relayIndexes[i] >= 0; i++) {
      own.push(graph.urls[chosen[relayIndexes[i]]]);
    }
    if (own.length > 0) selected.set(author, own);
    at += relaysPerSubject;
  }
  return selected;
}
