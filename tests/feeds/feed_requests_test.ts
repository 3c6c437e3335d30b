import assert from "node:assert/strict";
import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { AnswerProof } from "../../src/nostr/answer_proof.ts";
import type { FeedSources } from "../../src/feeds/feed_sources.ts";
import { matchFilter } from "nostr-tools";
import { quiet, START } from "../../testing/test_clock.ts";
import {
  eventsOf,
  EventStore,
  type FeedPlot,
  FeedWorld,
  MemoryRecords,
  person,
  readPages,
  urlOf,
} from "../support/feed_world.ts";

const LIVES = { cap: 500, fate: "lives", hints: true, repeats: false } as const;

/** A world of two people at one relay, who post once a minute. */
function worldOf(count: number, plot: Partial<FeedPlot> = {}): FeedWorld {
  return new FeedWorld({
    lists: [[0], [0]],
    relays: Array(5).fill(LIVES),
    posts: Array.from({ length: count }, (_, i) => ({ author: i % 2, at: 60 * i, missing: [] })),
    pageSize: 5,
    ...plot,
  }, new MemoryRecords());
}

Deno.test("FeedRequests claims for a store only what it kept, up to when the relay was asked", async () => {
  for (const isBroken of [false, true]) {
    const world = worldOf(4);
    const store = new EventStore();
    if (isBroken) store.event = () => Promise.reject(new Error("disk full"));
    const feed = world.feed({ store });
    await readPages(world, feed);
    await feed.close();
    const get = (options?: { store: number }) =>
      world.sources.spans.get(person(0), urlOf(0), [1], options);
    assert.equal(get().length, 1);
    assert.ok(get()[0].until <= world.clock.now() / 1000);
    assert.equal(get({ store: 1 }).length, isBroken ? 0 : 1);
    assert.equal(world.errors.length, isBroken ? 1 : 0);
  }
});

Deno.test("FeedRequests keeps what came before the feed was closed, and claims nothing", async () => {
  const world = worldOf(4);
  const store = new EventStore();
  const feed = world.feed({ store }, world.filters, {
    ask: async (url, filters, opts) => {
      const answer = await world.sources.ask(url, filters, opts);
      await new Promise<void>((resolve) => opts.signal.addEventListener("abort", () => resolve()));
      return { ...answer, reason: "no-answer" };
    },
  });
  const page = feed.next();
  await quiet();
  await feed.close();
  await page;
  assert.equal(store.events.size, 4);
  assert.deepEqual(world.sources.spans.get(person(0), urlOf(0), [1]), []);
  assert.deepEqual(world.errors, []);
});

/** A relay that answers with this many of the newest events, whose filters come in parts. */
function inParts(world: FeedWorld, cap: number, isSplit: (filter: NostrFilter) => boolean) {
  const ask: FeedSources["ask"] = (url, filters, { onEvent }) => {
    world.asked.push({ url, filters });
    const proofs = new Map<NostrFilter, AnswerProof>();
    for (const filter of filters) {
      const parts = isSplit(filter)
        ? filter.authors!.map((author) => ({ ...filter, limit: 7, authors: [author] }))
        : [filter];
      for (const part of parts) {
        const all = [...world.relays.get(url)!].filter((event) => matchFilter(part, event))
          .sort((a, b) => b.created_at - a.created_at);
        all.slice(0, cap).forEach(onEvent);
        proofs.set(part, all.length > cap ? "unknown" : "finish");
      }
    }
    return Promise.resolve({ proofs });
  };
  return ask;
}

Deno.test("FeedRequests takes the parts of a long filter for its answer, and no other filter's", async () => {
  const world = worldOf(60);
  const likes = Array.from({ length: 60 }, (_, i): NostrEvent => ({
    id: (i + 1).toString(16).padStart(64, "f"),
    kind: 7,
    pubkey: person(i % 2),
    created_at: START - 2_000_000 - 60 * i,
    tags: [],
    content: "",
    sig: "",
  }));
  for (const event of likes) world.relays.get(urlOf(0))!.add(event);
  const authors = world.people;
  const filters = [{ kinds: [1], authors }, { kinds: [7], authors }];
  for (const split of [[1], [7], [1, 7]]) {
    world.asked.length = 0;
    const ask = inParts(world, 7, ({ kinds }) => split.includes(kinds![0]));
    const pages = await readPages(world, world.feed({}, filters, { ask }), { most: 60 });
    assert.equal(eventsOf(pages).length, 120, split.join());
    assert.deepEqual(pages.flatMap(({ behind }) => behind), []);
    assert.ok(world.asked.length < 60, `${world.asked.length} requests`);
  }
});

Deno.test("FeedRequests ends at a relay whose every answer has one event", async () => {
  const world = worldOf(200, { lists: [[0]] });
  const ask: FeedSources["ask"] = (url, filters, opts) => {
    world.asked.push({ url, filters });
    const [filter] = filters;
    // It takes `until` for the first second that is not asked for.
    const below = { ...filter, until: filter.until! - 1 };
    const all = [...world.relays.get(url)!].filter((event) => matchFilter(below, event))
      .sort((a, b) => b.created_at - a.created_at);
    all.slice(0, 1).forEach(opts.onEvent);
    return Promise.resolve({ proofs: new Map([[filter, "inferred"]]) });
  };
  const pages = await readPages(world, world.feed({}, world.filters, { ask }));
  assert.equal(eventsOf(pages).length, 200);
  assert.ok(world.asked.length <= 202, `${world.asked.length} requests`);
});

Deno.test("FeedRequests ends at a relay that sends the same again, whatever it is asked for", async () => {
  const world = worldOf(20, { lists: [[0]] });
  const ask: FeedSources["ask"] = (url, filters, opts) => {
    world.asked.push({ url, filters });
    // The connection drops what does not match.
    const newest = [...world.relays.get(url)!].slice(0, 7);
    newest.filter((event) => matchFilter(filters[0], event)).forEach(opts.onEvent);
    return Promise.resolve({ proofs: new Map([[filters[0], "unknown"]]) });
  };
  const pages = await readPages(world, world.feed({}, world.filters, { ask }));
  assert.equal(eventsOf(pages).length, 7);
  assert.ok(world.asked.length < 20, `${world.asked.length} requests`);
  const { behind } = pages.at(-1)!;
  assert.ok(behind.length > 0 && behind.every(({ reason }) => reason === "withheld"));
});
