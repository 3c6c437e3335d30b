/**
 * Chooses the inbox relays of the users that an event tags.
 *
 * @module
 */

import type { RelayGraph } from "./relay_graph.ts";

/**
 * Chooses at most `maxInboxes` relays so that each user gets one before any gets a
 * second. In round n a relay counts for the users that have n relays so far, and the
 * relay that serves most of them is next. Equals are decided by weight, then by the
 * smaller URL.
 *
 * @param graph The users as rows.
 * @param taken Relays that get the event anyway: they serve their users, too.
 * @returns Ids of relays, in the order in which they were chosen.
 */
export function chooseInboxes(
  graph: RelayGraph,
  taken: ReadonlySet<number>,
  maxInboxes: number,
): number[] {
  const users = graph.starts.length - 1;
  const relaysOf = Array.from(
    { length: users },
    (_, user) => [...graph.relaysOf.subarray(graph.starts[user], graph.starts[user + 1])],
  );
  const served = relaysOf.map((relays) => relays.filter((id) => taken.has(id)).length);
  const chosen: number[] = [];
  const free = new Set(graph.urls.map((_, id) => id).filter((id) => !taken.has(id)));

  for (let round = 0; chosen.length < maxInboxes && free.size > 0;) {
    const gains = new Map<number, number>();
    relaysOf.forEach((relays, user) => {
      if (served[user] > round) return;
      for (const id of relays) if (free.has(id)) gains.set(id, (gains.get(id) ?? 0) + 1);
    });
    if (gains.size === 0) {
      // No user is left to serve in this round; past the longest list, in any round.
      if (++round > free.size + taken.size + chosen.length) break;
      continue;
    }
    const [next] = [...gains.keys()].sort((a, b) =>
      gains.get(b)! - gains.get(a)! || graph.weights[b] - graph.weights[a] ||
      (graph.urls[a] < graph.urls[b] ? -1 : 1)
    );
    free.delete(next);
    chosen.push(next);
    relaysOf.forEach((relays, user) => {
      if (relays.includes(next)) served[user]++;
    });
  }
  return chosen;
}
