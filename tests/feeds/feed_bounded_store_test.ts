import type { NostrEvent } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import {
  eventsOf,
  EventStore,
  feedPlot,
  FeedWorld,
  MemoryRecords,
  readPages,
} from "../support/feed_world.ts";

/** A store that forgets its oldest events, and says until when. */
class BoundedStore extends EventStore {
  readonly #max: number;
  #until?: number;

  constructor(max: number) {
    super();
    this.#max = max;
  }

  override async event(event: NostrEvent): Promise<void> {
    await super.event(event);
    while (this.events.size > this.#max) {
      const oldest = [...this.events.values()].reduce((a, b) =>
        b.created_at < a.created_at ? b : a
      );
      this.events.delete(oldest.id);
      this.#until = Math.max(oldest.created_at, this.#until ?? 0);
    }
  }

  forgottenUntil(): Promise<number | undefined> {
    return Promise.resolve(this.#until);
  }
}

Deno.test("F5 resumed: what a bounded store had to forget is read from relays again, and nothing is missing", async () => {
  await fc.assert(
    fc.asyncProperty(feedPlot, fc.integer({ min: 1, max: 40 }), async (plot, max) => {
      const relays = plot.relays.map((relay) => ({ ...relay, fate: "lives" as const, cap: 500 }));
      const world = new FeedWorld({ ...plot, relays }, new MemoryRecords());
      const store = new BoundedStore(max);
      const ids = async () => {
        const feed = world.feed({ store });
        const found = eventsOf(await readPages(world, feed)).map(({ id }) => id).sort();
        await feed.close();
        return found;
      };
      const before = await ids();
      assert.ok(store.events.size <= max);
      await world.restart();
      assert.deepEqual(await ids(), before);
      assert.deepEqual(world.errors, []);
    }),
  );
});
