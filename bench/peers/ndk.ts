/**
 * @nostr-dev-kit/ndk: the outbox split of a subscription.
 *
 * The function that splits is not exported, but `NDKSubscription.start`
 * calls it and then hands each relay its filters. Here the pool is one whose relays
 * do nothing, so that the split is all that is left; making the subscription, which
 * checks the filter, is not timed. The lists are put into its outbox tracker before
 * each size, because they expire there after two minutes; that is not timed either.
 * NDK wants two relays per author and knows no cap on relays.
 *
 * @module
 */

import type { Planner } from "./planner.ts";

/** Loads the package. */
export async function loadNdk(): Promise<Planner> {
  const { default: NDK, NDKSubscription, NDKSubscriptionCacheUsage } = await import(
    "npm:@nostr-dev-kit/ndk@3.0.3"
  );
  type Ndk = InstanceType<typeof NDK>;
  type Item = NonNullable<
    ReturnType<NonNullable<Ndk["outboxTracker"]>["data"]["get"]>
  >;
  return {
    name: "@nostr-dev-kit/ndk 3.0.3",
    prepare({ filter, lists, relaysPerAuthor }) {
      // No relay is known to either of its pools, so it never opens a connection.
      const ndk = new NDK({ enableOutboxModel: true, outboxRelayUrls: [] });
      for (const { pubkey, write, read } of lists.values()) {
        const item: Partial<Item> = {
          relayUrlScores: new Map(),
          writeRelays: new Set(write),
          readRelays: new Set(read),
        };
        ndk.outboxTracker!.data.set(pubkey, { type: "user", ...item } as Item);
      }
      const still = { subscribe() {} };
      const pool = {
        getRelay: () => still,
        permanentAndConnectedRelays: () => [],
        on() {},
      };
      const subscription = new NDKSubscription(ndk, [{ ...filter }], {
        pool: pool as unknown as Ndk["pool"],
        relayGoalPerAuthor: relaysPerAuthor,
        cacheUsage: NDKSubscriptionCacheUsage.ONLY_RELAY,
      });
      const run = () => {
        subscription.start(false);
        return subscription.relayFilters!;
      };
      return {
        run,
        asked: () =>
          new Map(
            [...run()].map(([url, filters]) => [
              url,
              filters.flatMap(({ authors = [] }) => authors),
            ]),
          ),
      };
    },
  };
}
