import assert from "node:assert/strict";
import type { NostrEvent } from "@nostrify/types";
import * as fc from "fast-check";
import { OVERLAP_S } from "../../src/feeds/cursor.ts";
import type { FeedPage } from "../../src/feeds/feed_sources.ts";
import { newestFirst } from "../../src/feeds/page_buffer.ts";
import { START } from "../../testing/test_clock.ts";
import {
  during,
  eventsOf,
  EventStore,
  feedPlot,
  FeedWorld,
  MemoryRecords,
  NEWEST,
  readPages,
  urlOf,
} from "../support/feed_world.ts";

/** Fails unless everything that a living relay has from `since` on was given or is named. */
function assertWhole(world: FeedWorld, pages: readonly FeedPage[]): void {
  const { since, behind } = pages[pages.length - 1];
  const given = new Set(eventsOf(pages).map(({ id }) => id));
  for (const [pubkey, urls] of world.planned) {
    for (const url of urls) {
      if (world.relay(url).fate === "dead" || world.relay(url).fate === "returns") continue;
      for (const event of world.relays.get(url)!) {
        if (event.pubkey !== pubkey || event.created_at < since || given.has(event.id)) continue;
        const isNamed = behind.some((gap) =>
          gap.pubkey === pubkey && (gap.relay ?? url) === url && gap.since <= event.created_at
        );
        assert.ok(isNamed, `${url} has an event of ${event.created_at} that no page has`);
      }
    }
  }
}

Deno.test("F1 whole: from a page's `since` up, nothing that a relay holds is missing but what behind names", async () => {
  await fc.assert(fc.asyncProperty(feedPlot, async (plot) => {
    const world = new FeedWorld(plot);
    const feed = world.feed();
    const pages: FeedPage[] = [];
    for (;;) {
      const { done, value } = await during(world, feed.next());
      if (done) break;
      pages.push(value);
      assertWhole(world, pages);
    }
    assert.equal(pages.at(-1)!.since, 0);
    await feed.close();
    assert.deepEqual(world.errors, []);
  }));
});

Deno.test("F2 once, F3 in order: no event comes twice, and no page has a newer one than the page before", async () => {
  await fc.assert(fc.asyncProperty(feedPlot, async (plot) => {
    const world = new FeedWorld(plot);
    const pages = await readPages(world, world.feed());
    const ids = eventsOf(pages).map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    const events = pages.flatMap(({ events }) => events);
    assert.deepEqual(events, [...events].sort(newestFirst));
    for (const { events } of pages) assert.ok(events.length <= plot.pageSize);
    for (const { late } of pages) assert.deepEqual(late, [...late].sort(newestFirst));
  }));
});

Deno.test("F4 joined with live: what is posted from the first page on comes once, and nothing is missed", async () => {
  const news = fc.array(fc.record({ author: fc.nat(4), ago: fc.nat(100), at: fc.nat(4) }), {
    maxLength: 15,
  });
  await fc.assert(fc.asyncProperty(feedPlot, news, async (plot, news) => {
    const relays = plot.relays.map((relay) => ({ ...relay, fate: "lives" as const }));
    const world = new FeedWorld({ ...plot, relays });
    const feed = world.feed();
    const pages: FeedPage[] = [];
    const live: NostrEvent[] = [];
    let listening: Promise<void> | undefined;
    for (let turn = 0;; turn++) {
      for (const { author, ago, at } of news) {
        if (at === turn) world.post(author, Math.floor(world.clock.now() / 1000) - ago);
      }
      const { done, value } = await during(world, feed.next());
      if (value) pages.push(value);
      listening ??= (async () => {
        for await (const event of feed.live()) live.push(event);
      })();
      await world.clock.advance(100);
      if (done && turn > 4) break;
    }
    await feed.close();
    await listening;
    const ids = [...eventsOf(pages), ...live].map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    const held = [...world.relays.values()].flatMap((events) => [...events]);
    const asked = world.planned;
    const missing = held.filter(({ id, pubkey }) => {
      const isHeld = asked.get(pubkey)!.some((url) =>
        [...world.relays.get(url)!].some((event) => event.id === id)
      );
      return isHeld && !ids.includes(id);
    });
    // Of one second, relays with a small cap do not send everything, and `behind` says so.
    const named = pages.flatMap(({ behind }) => behind);
    assert.deepEqual(
      missing.filter(({ pubkey }) => !named.some((gap) => gap.pubkey === pubkey)),
      [],
    );
  }));
});

Deno.test("F5 resumed: what was read into the store stays complete over a restart, and is not moved again", async () => {
  await fc.assert(fc.asyncProperty(feedPlot, fc.nat(4), async (plot, most) => {
    const relays = plot.relays.map((relay) => ({ ...relay, fate: "lives" as const, cap: 500 }));
    const world = new FeedWorld({ ...plot, relays }, new MemoryRecords());
    const store = new EventStore();
    const first = world.feed({ store });
    const before = await readPages(world, first, { most: most + 1 });
    await first.close();
    await world.restart();
    world.sent = [];
    const { since: end } = before[before.length - 1];
    // The last page may end between two events of one second.
    const since = Math.min(end, ...eventsOf(before).map(({ created_at }) => created_at));
    await world.clock.advance(86_400_000);
    const news = world.post(0, NEWEST + 86_000);
    const second = world.feed({ store });
    // What came since stands in `late` of the page after the one that the store gave at once.
    const after = [
      ...await readPages(world, second, { since }),
      ...await readPages(world, second, { most: 1 }),
    ];
    await second.close();
    const again = new Set(eventsOf(after).map(({ id }) => id));
    for (const { id } of eventsOf(before)) assert.ok(again.has(id));
    assert.ok(again.has(news.id));
    const moved = world.sent.filter(({ created_at }) =>
      created_at >= end && created_at < START - OVERLAP_S
    );
    assert.deepEqual(moved, []);
    assertWhole(world, after);
  }));
});

/** What happens between two pages. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant("post" as const), who: fc.nat(4), what: fc.nat(3_000_000) }),
  fc.record({ kind: fc.constant("post" as const), who: fc.nat(4), what: fc.nat(3_000) }),
  fc.record({ kind: fc.constant("prune" as const), who: fc.nat(4), what: fc.nat(3_000_000) }),
  fc.record({ kind: fc.constant("move" as const), who: fc.nat(4), what: fc.nat(4) }),
  fc.record({ kind: fc.constant("follow" as const), who: fc.nat(4), what: fc.nat(3_000_000) }),
);

Deno.test("F7 in motion: while people post, move, come and go, and relays prune, each event comes once, in order, and the feed ends", async () => {
  const story = fc.array(fc.array(happening, { maxLength: 3 }), { maxLength: 8 });
  await fc.assert(fc.asyncProperty(feedPlot, story, fc.boolean(), async (plot, story, isLive) => {
    const world = new FeedWorld(plot);
    const feed = world.feed();
    const pages: FeedPage[] = [];
    const live: NostrEvent[] = [];
    let listening: Promise<void> | undefined;
    const disturbed = new Set<string>();
    const pruned = new Map<string, number>();
    const indexOf = (who: number) => who % plot.lists.length;
    let filters = world.filters;
    let hasMoved = false;
    for (let turn = 0;; turn++) {
      for (const { kind, who, what } of story[turn] ?? []) {
        const pubkey = world.people[indexOf(who)];
        if (kind === "post") world.post(who, NEWEST - what);
        if (kind === "move") world.move(who, [what]);
        hasMoved ||= kind === "move";
        if (kind === "move" || kind === "follow") disturbed.add(pubkey);
        if (kind === "follow") {
          const others = world.people.filter((one) => one !== pubkey);
          const since = what % 2 === 0 ? {} : { since: NEWEST - what };
          if (since.since) { for (const one of others) disturbed.add(one); }
          if (others.length > 0) filters = [{ kinds: [1], authors: others, ...since }];
          if (others.length > 0) feed.follow(filters);
        }
        if (kind === "prune") {
          const [url, events] = [...world.relays][who];
          pruned.set(url, NEWEST - what);
          for (const e of events) if (e.created_at < NEWEST - what) events.delete(e);
        }
      }
      const { done, value } = await during(world, feed.next());
      if (value) pages.push(value);
      if (isLive) {
        listening ??= (async () => {
          for await (const event of feed.live()) live.push(event);
        })();
      }
      assert.ok(turn < 300 && world.asked.length < 2_000, "It does not end");
      if (done && turn >= story.length) break;
    }
    await feed.close();
    await listening;
    const ids = [...eventsOf(pages), ...live].map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    const events = pages.flatMap(({ events }) => events);
    assert.deepEqual(events, [...events].sort(newestFirst));
    assert.deepEqual(world.errors, []);
    assert.equal(world.listeners, 0);

    const { behind } = pages[pages.length - 1];
    // What a move changes in the plan is taken over step by step, to which no fresh plan compares:
    // then every relay of the author that may answer must have the post.
    const planned = hasMoved ? undefined : world.plannedFor(filters);
    for (const { author, at, missing } of plot.posts) {
      const index = indexOf(author);
      const pubkey = world.people[index];
      if (disturbed.has(pubkey)) continue;
      const answering = plot.lists[index].filter((relay) => plot.relays[relay].fate !== "dead")
        .map(urlOf);
      const holding = answering.filter((url) =>
        !missing.map(urlOf).includes(url) && !pruned.has(url) &&
        world.relay(url).fate !== "returns"
      );
      const isAsked = planned
        ? holding.some((url) => planned.get(pubkey)!.includes(url))
        : holding.length > 0 && holding.length === answering.length;
      if (!isAsked) continue;
      const second = NEWEST - at;
      const given = [...eventsOf(pages), ...live].filter((event) =>
        event.pubkey === pubkey && event.created_at === second
      );
      const isNamed = behind.some((gap) => gap.pubkey === pubkey && gap.since <= second);
      assert.ok(given.length > 0 || isNamed, `A post of ${second} is missing`);
    }
  }));
});

Deno.test("F5 resumed: after sessions with other relays, what is missing in a page from the store is named", async () => {
  const fates = fc.array(fc.constantFrom("lives", "lives", "dead", "late"), {
    minLength: 5,
    maxLength: 5,
  });
  const session = fc.record({ fates, pages: fc.nat(4), days: fc.nat(3), posts: fc.nat(6) });
  await fc.assert(
    fc.asyncProperty(feedPlot, fc.array(session, { maxLength: 4 }), async (plot, sessions) => {
      const relays = plot.relays.map((relay) => ({ ...relay, fate: "lives" as const, cap: 500 }));
      const records = new MemoryRecords();
      const world = new FeedWorld({ ...plot, relays }, records);
      const store = new EventStore();
      let allLive = true;
      for (const { fates, pages: most, days, posts } of sessions) {
        fates.forEach((fate, index) => (relays[index] as { fate: string }).fate = fate);
        await world.clock.advance(days * 86_400_000 + 1_000_000);
        const now = Math.floor(world.clock.now() / 1000);
        for (let i = 0; i < posts; i++) world.post(i, now - 10 - 100 * i);
        const feed = world.feed({ store, patience: 0 });
        const pages: FeedPage[] = [];
        for (let i = 0; i <= most; i++) {
          const { done, value } = await during(world, feed.next());
          if (done) break;
          pages.push(value);
          // The first page claims as much as the relays that were read before.
          allLive &&= fates.every((fate) => fate === "lives");
          if (i > 0 || allLive) assertWhole(world, pages);
        }
        await feed.close();
        await world.restart();
      }
      assert.deepEqual(world.errors, []);
    }),
  );
});
