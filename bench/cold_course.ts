/**
 * How a client's start went: what came when, and what it took.
 *
 * @module
 */

import type { ColdClient } from "./cold_clients.ts";
import type { ColdWorld } from "./cold_world.ts";
import type { LoopbackNetwork } from "./loopback_network.ts";
import type { NetworkTraffic } from "./loopback_relay.ts";

/** What came of one start. Times are seconds since the feed was asked for. */
export interface Course {
  /** When each different post came, in order. */
  readonly posts: readonly number[];
  /** When the pool said EOSE; absent where it never did. */
  readonly eose?: number;
  readonly traffic: NetworkTraffic;
}

/** After how many seconds without any news a feed counts as complete. */
const QUIET = 4;
/** After how many seconds it does whatever comes. */
const LONGEST = 30;

/** Starts a client, asks for everybody's posts, and waits until no more come. */
export async function runCold(
  { about }: LoopbackNetwork<ColdWorld>,
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
    const isQuiet = since > QUIET && (eose !== undefined || posts.length > 0);
    if (isQuiet || elapsed() > LONGEST) enough.abort();
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
    // That is how a pool ends a request that is given up.
    if (!enough.signal.aborted) throw error;
  } finally {
    clearInterval(watch);
  }
  return { posts, eose, traffic: await traffic() };
}
