/**
 * The course of a client's start: when posts arrived, and what they cost.
 *
 * @module
 */

import type { ColdClient } from "./cold_clients.ts";
import type { ColdWorld } from "./cold_world.ts";
import type { NetworkTraffic } from "./loopback_relay.ts";

/** The course of one start. Times are seconds since the feed was requested. */
export interface Course {
  /** When each different post arrived, in order. */
  readonly posts: readonly number[];
  /** When the pool sent EOSE; absent if it never did. */
  readonly eose?: number;
  readonly traffic: NetworkTraffic;
}

/** A feed counts as complete after this time without a new post, once it had its EOSE. */
const QUIET_S = 4;
/** The same while there is no EOSE: some clients never get one. */
const QUIET_WITHOUT_EOSE_S = 10;
/** A feed counts as complete after this time in any case. */
const MAX_COURSE_S = 30;

/** Starts a client, requests everybody's posts, and waits until no more arrive. */
export async function runCold(
  { about }: { readonly about: ColdWorld },
  client: ColdClient,
  traffic: () => Promise<NetworkTraffic>,
): Promise<Course> {
  await traffic();
  await using started = await client.start(about);
  const begun = performance.now();
  const elapsed = () => (performance.now() - begun) / 1000;
  const seen = new Set<string>();
  const posts: number[] = [];
  let eose: number | undefined;
  const enough = new AbortController();
  const watch = setInterval(() => {
    const since = elapsed() - Math.max(posts.at(-1) ?? 0, eose ?? 0);
    const isQuiet = since > (eose === undefined ? QUIET_WITHOUT_EOSE_S : QUIET_S) &&
      (eose !== undefined || posts.length > 0);
    if (isQuiet || elapsed() > MAX_COURSE_S) enough.abort();
  }, 100);
  const filter = { kinds: [1], authors: [...about.pubkeys], since: about.since };
  try {
    for await (const [verb, , event] of started.pool.req([filter], { signal: enough.signal })) {
      if (verb === "EOSE") eose ??= elapsed();
      if (verb !== "EVENT" || seen.has(event.id)) continue;
      seen.add(event.id);
      posts.push(elapsed());
    }
  } catch (error) {
    // A pool ends an aborted request with an error.
    if (!enough.signal.aborted) throw error;
  } finally {
    clearInterval(watch);
  }
  return { posts, eose, traffic: await traffic() };
}
