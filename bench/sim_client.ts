/**
 * A plain client on a simulated network: it asks its routes, waits until all have
 * answered or a fixed time is over, and goes through no pages.
 *
 * It is spared what the library has to find out: it knows how many filters and
 * subscriptions each relay takes, and notices at once when a connection fails.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { SimNetwork } from "./sim_network.ts";
import { Arrivals, type SimOutcome } from "./sim_outcome.ts";
import type { SimClient } from "./sim_policies.ts";
import { postOf } from "./sim_posts.ts";

/** Milliseconds that it waits for a relay, as the published benchmark did. */
const TIMEOUT = 15_000;

/** One session of it. */
export async function runClient(
  network: SimNetwork,
  client: SimClient,
  since: number,
): Promise<SimOutcome> {
  const { world, clock } = network;
  const routes = client.routes(world, since);
  const arrivals = new Arrivals(network);
  const delivery = new Map<string, Map<string, number>>();
  const controller = new AbortController();
  const cancel = clock.after(TIMEOUT, () => controller.abort());
  const asking = [...routes].map(([url, filters]) => {
    const counts = new Map<string, number>();
    delivery.set(url, counts);
    return askRelay(network, url, filters, controller.signal, (post) => {
      arrivals.note(post);
      const author = world.pubkeys[world.authorOf[post]];
      counts.set(author, (counts.get(author) ?? 0) + 1);
    });
  });
  await clock.run(Promise.all(asking));
  cancel();
  client.learn?.(world, since, delivery);
  return arrivals.outcome(since);
}

/** Asks one relay, in as many REQs as it needs, as many at once as it takes. */
async function askRelay(
  network: SimNetwork,
  url: string,
  filters: readonly NostrFilter[],
  signal: AbortSignal,
  onPost: (post: number) => void,
): Promise<void> {
  const failed = new AbortController();
  const relay = network.open(url, {
    log: ({ ns, state }) => {
      if (ns === "relay.ws.error" || state === "close") failed.abort();
    },
  });
  const { maxFilters = 10, maxSubscriptions = 10 } = network.nature(url) ?? {};
  const waiting: NostrFilter[][] = [];
  for (let i = 0; i < filters.length; i += maxFilters) {
    waiting.push(filters.slice(i, i + maxFilters));
  }
  const either = AbortSignal.any([signal, failed.signal]);
  const worker = async () => {
    for (let req = waiting.shift(); req && !either.aborted; req = waiting.shift()) {
      try {
        for await (const message of relay.req(req, { signal: either })) {
          if (message[0] !== "EVENT") break;
          onPost(postOf(message[2]));
        }
      } catch (error) {
        if (!either.aborted) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: maxSubscriptions }, worker));
  await relay.close();
}
