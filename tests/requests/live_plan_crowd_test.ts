import fc from "fast-check";
import assert from "node:assert/strict";
import type { RelayList } from "../../src/nostr/relay_knowledge.ts";
import type { PlanOptions } from "../../src/plan/plan_options.ts";
import { createRandom, shuffled } from "../../testing/random.ts";
import { zipfLists } from "../../testing/world/world.ts";
import { FollowedPlan } from "../support/followed_plan.ts";

const HUB = "wss://hub.example/";

/** A feed over a crowd without known lists, and the lists of the crowd in any order. */
function crowd(seed: number, options: PlanOptions): { feed: FollowedPlan; lists: RelayList[] } {
  const lists = zipfLists({ authors: 300, relays: 80, min: 1, max: 4, seed });
  const filters = [{ kinds: [1], authors: [...lists.keys()] }];
  const request = { filters, lists: new Map(), options: { fallbackRelays: [HUB], ...options } };
  const feed = new FollowedPlan(request, { indexerRelays: [] });
  return { feed, lists: shuffled(createRandom(seed), lists.values()) };
}

/** How many relays come and go with a list. */
function moves(feed: FollowedPlan, { pubkey, write }: Pick<RelayList, "pubkey" | "write">): number {
  const before = new Set(feed.plan.asked().keys());
  feed.update(pubkey, { write });
  return before.symmetricDifference(new Set(feed.plan.asked().keys())).size;
}

/**
 * From this cap on a live plan also gives as many people a second relay, to 0.8; the least in
 * 2,000 worlds was 0.85. At small caps that cannot be: a first relay for some people costs
 * second relays of many others, and one more list can turn the plan from scratch from the
 * one choice to the other. The least was 0.76 at caps from 7 to 11, and 0.45 at a cap of 3.
 */
const MIN_CAP_FOR_SECOND_RELAYS = 12;

Deno.test("LivePlan covers as many people in a crowd, from a cap of 12 on 0.8 as many twice, and moves few relays", () => {
  const caps = fc.integer({ min: 3, max: 20 });
  fc.assert(
    fc.property(fc.nat(1_000_000), caps, (seed, maxRelays) => {
      const { feed, lists } = crowd(seed, { maxRelays });
      let moved = 0;
      for (const [i, list] of lists.entries()) {
        moved += moves(feed, list);
        if (i % 10 > 0) continue;
        const [ours, scratch] = [feed.covered, feed.scratchCovered];
        assert.ok(ours >= 0.9 * scratch, `${i}: ${ours} < ${scratch}`);
      }
      const isTwice = (urls: readonly string[], pubkey: string) =>
        urls.filter((url) => feed.knowledge.get(pubkey)!.write!.includes(url)).length > 1;
      const ours = [...feed.rows.values()].filter(({ urls, subject }) => isTwice(urls, subject));
      const scratch = feed.scratch().plan.subjects
        .filter(({ relays, subject }) => isTwice(relays, subject));
      if (maxRelays >= MIN_CAP_FOR_SECOND_RELAYS) {
        assert.ok(ours.length >= 0.8 * scratch.length, `${ours.length} < ${scratch.length}`);
      }
      assert.ok(moved < 10 * maxRelays, `${moved}`);
    }),
    { numRuns: 20 },
  );
});

Deno.test("LivePlan plans once, not twice, for one list in a crowd", () => {
  let weighed = 0;
  const { feed, lists } = crowd(1, { weight: () => ++weighed && 1 });
  for (const { pubkey, write } of lists) feed.plan.update(pubkey, { write });
  feed.add();
  const relays = new Set(lists.flatMap(({ write }) => write)).size + 1;
  weighed = 0;
  feed.update(lists[0].pubkey, lists[1]);
  assert.ok(weighed > 0 && weighed <= relays, `${weighed} > ${relays}`);
});

Deno.test("LivePlan that is complete moves few relays for a list, though weights vary by a tenth", () => {
  const LATE = 50;
  fc.assert(
    fc.property(fc.nat(1_000_000), (seed) => {
      const random = createRandom(seed);
      const weights = new Map<string, number>();
      const weight = (url: string) => {
        const known = weights.get(url) ?? 0.9 + 0.2 * random();
        weights.set(url, known);
        return known;
      };
      const { feed, lists } = crowd(seed, { maxRelays: 20, weight });
      for (const { pubkey, write } of lists) feed.plan.update(pubkey, { write });
      feed.add();
      let moved = 0;
      for (let i = 0; i < LATE; i++) {
        weights.clear();
        moved += moves(feed, { pubkey: lists[i].pubkey, write: lists[299 - i].write });
      }
      assert.ok(moved <= LATE / 2, `${moved}`);
    }),
    { numRuns: 5 },
  );
});
