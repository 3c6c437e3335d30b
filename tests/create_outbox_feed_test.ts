import assert from "node:assert/strict";
import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { FeedOptions, FeedPage } from "../src/mod.ts";
import type { OutboxOptions } from "../src/outbox_options.ts";
import { holding, ScriptedNetwork } from "../testing/scripted_network.ts";
import type { Script } from "../testing/scripted_relay.ts";
import { Signer } from "../testing/signer.ts";
import { quiet, settled, START } from "../testing/test_clock.ts";
import { EventStore, MemoryRecords } from "./support/feed_world.ts";
import { scriptedOutbox } from "./support/scripted_outbox.ts";

const alice = new Signer(1), bob = new Signer(2);
const HOME = "wss://home.example/", OTHER = "wss://other.example/", HUB = "wss://hub.example/";
const FILTERS = [{ kinds: [1], authors: [alice.pubkey] }];
const BOTH = [{ kinds: [1], authors: [alice.pubkey, bob.pubkey] }];

/** Posts, the newest first, a minute apart. */
const posts = (who: Signer, count: number, newest = START) =>
  Array.from(
    { length: count },
    (_, i) => who.sign({ kind: 1, content: `${i}`, created_at: newest - 60 * i }),
  );

/** An outbox in which Alice writes to HOME and OTHER, and Bob to OTHER. */
async function start(scripts: Record<string, Script>, options: OutboxOptions = {}) {
  const network = new ScriptedNetwork({ connect: "fail" });
  for (const [url, script] of Object.entries(scripts)) network.scripts.set(url, script);
  const world = scriptedOutbox(network, options);
  await world.outbox.store.event(alice.relayList({ both: [HOME, OTHER] }));
  await world.outbox.store.event(bob.relayList({ both: [OTHER] }));
  /** Waits for a promise, and lets the time go on meanwhile. */
  const during = async <T>(promise: Promise<T>): Promise<T> => {
    let isOver = false;
    const over = promise.finally(() => isOver = true);
    void Promise.allSettled([over]);
    for (let i = 0; i < 1_000 && !isOver; i++) {
      await settled();
      if (!isOver) await network.clock.advance(100);
    }
    assert.ok(isOver, "It never ends");
    return over;
  };
  /** All pages of a feed. */
  const pages = async (filters: readonly NostrFilter[] = FILTERS, options?: FeedOptions) => {
    const all: FeedPage[] = [];
    const feed = world.outbox.feed(filters, options);
    for (;;) {
      const { done, value } = await during(feed.next());
      if (done) return all;
      all.push(value);
    }
  };
  return { ...world, during, pages };
}

const ids = (events: readonly NostrEvent[]) => events.map(({ id }) => id);

Deno.test("Outbox feed() yields all posts of all relays, page by page, the newest first", async () => {
  const own = posts(alice, 30);
  const { outbox, pages, errors } = await start({
    [HOME]: holding(own.filter((_, i) => i % 3 > 0), 10),
    [OTHER]: holding(own.filter((_, i) => i % 3 < 2), 10),
  });
  const all = await pages(FILTERS, { pageSize: 8 });
  assert.deepEqual(all.map(({ events }) => events.length), [8, 8, 8, 6]);
  assert.deepEqual(ids(all.flatMap(({ events }) => events)), ids(own));
  assert.equal(all.at(-1)!.since, 0);
  assert.deepEqual(all.flatMap(({ behind }) => behind), []);
  assert.deepEqual(errors, []);
  await outbox.close();
});

Deno.test("Outbox feed() names those behind whose only relay does not answer in time, and brings their posts late", async () => {
  const [a, b] = [posts(alice, 3), posts(bob, 2, START - 30)];
  const { outbox, during, network } = await start({
    [HOME]: holding(a),
    [OTHER]: {
      onReq: (req, relay) => {
        const answer = () => holding([...a, ...b]).onReq!(req, relay);
        if (relay.reqs.length > 1) answer();
        else network.clock.after(2_500, answer);
      },
    },
  });
  const feed = outbox.feed(BOTH, { pageSize: 2 });
  const { value: first } = await during(feed.next());
  assert.deepEqual(ids(first!.events), ids(a.slice(0, 2)));
  assert.deepEqual(
    first!.behind.map(({ pubkey, relay, reason }) => [pubkey, relay, reason]).sort(),
    [[alice.pubkey, OTHER, "late"], [bob.pubkey, OTHER, "late"]].sort(),
  );
  await network.clock.advance(3_000);
  const { value: second } = await during(feed.next());
  assert.deepEqual(ids(second!.late), ids(b.slice(0, 1)));
  assert.deepEqual(ids(second!.events), ids([b[1], a[2]]));
  assert.deepEqual(second!.behind, []);
  await outbox.close();
});

Deno.test("Outbox feed() reads the posts of a dead relay's people elsewhere, and says who has nowhere else", async () => {
  const own = posts(bob, 2);
  const { outbox, pages } = await start({ [HUB]: holding(own) }, { fallbackRelays: [HUB] });
  const [found] = await pages([{ kinds: [1], authors: [bob.pubkey] }]);
  assert.deepEqual(ids(found.events), ids(own));
  assert.deepEqual(found.behind, [
    { pubkey: bob.pubkey, relay: OTHER, since: 0, reason: "unreachable" },
  ]);
  await outbox.close();

  const alone = await start({});
  const [nothing] = await alone.pages([{ kinds: [1], authors: [bob.pubkey] }]);
  assert.deepEqual(nothing.events, []);
  assert.deepEqual(nothing.behind, [
    { pubkey: bob.pubkey, relay: OTHER, since: 0, reason: "unreachable" },
  ]);
  await alone.outbox.close();
});

Deno.test("Outbox feed() live() yields what is posted from the first page on, and ends with a break, a signal or the outbox", async () => {
  const own = posts(alice, 2);
  const news = posts(alice, 3, START + 200);
  for (const ending of ["break", "signal", "outbox"] as const) {
    const { outbox, during, network } = await start({
      [HOME]: holding(own),
      [OTHER]: holding(own),
    });
    const feed = outbox.feed(FILTERS);
    const { value } = await during(feed.next());
    assert.deepEqual(ids(value!.events), ids(own));
    const came: NostrEvent[] = [];
    const stop = new AbortController();
    const listening = (async () => {
      for await (const event of feed.live({ signal: stop.signal })) {
        came.push(event);
        if (ending === "break" && came.length === 3) break;
      }
    })();
    void Promise.allSettled([listening]);
    await network.clock.advance(1_000);
    await quiet();
    for (const event of news) {
      for (const req of network.live) req.send(event);
      await quiet();
    }
    assert.deepEqual(ids(came), ids(news));
    if (ending === "signal") {
      stop.abort();
      await assert.rejects(listening, { name: "AbortError" });
    }
    if (ending === "outbox") await during(outbox.close());
    if (ending !== "signal") await during(listening);
    await during(outbox.close());
    assert.deepEqual(network.live, []);
  }
});

Deno.test("Outbox feed() with a store opens with what it has, and asks relays for what came since alone", async () => {
  const own = posts(alice, 20, START - 10_000);
  const records = new MemoryRecords(), store = new EventStore();
  const first = await start({ [HOME]: holding(own), [OTHER]: holding(own) }, { records });
  await first.pages(FILTERS, { store, pageSize: 5 });
  await first.outbox.close();

  const news = posts(alice, 2);
  const sent: number[] = [];
  const script: Script = {
    onReq: (req, relay) => {
      holding([...news, ...own]).onReq!(req, relay);
      sent.push(...req.filters.map(({ since = 0 }) => since));
    },
  };
  const second = await start({ [HOME]: script, [OTHER]: script }, { records });
  const feed = second.outbox.feed(FILTERS, { store, pageSize: 5 });
  const { value: page } = await second.during(feed.next());
  assert.deepEqual(ids(page!.events), ids(own.slice(0, 5)));
  assert.deepEqual(page!.behind, [
    { pubkey: alice.pubkey, since: START + 1, reason: "late" },
  ]);
  const { value: next } = await second.during(feed.next());
  assert.deepEqual(ids(next!.late), ids(news));
  assert.deepEqual(ids(next!.events), ids(own.slice(5, 10)));
  assert.ok(sent.every((since) => since >= START - 3_600), String(sent));
  await second.outbox.close();

  const third = await start({ [HOME]: script, [OTHER]: script }, { records });
  const fresh = third.outbox.feed(FILTERS, { store, pageSize: 5, fresh: true });
  const { value: newest } = await third.during(fresh.next());
  assert.deepEqual(ids(newest!.events), ids([...news, ...own.slice(0, 3)]));
  assert.deepEqual(newest!.behind, []);
  await third.outbox.close();
});

Deno.test("Outbox feed() reads everything again where the store is another one, or was emptied", async () => {
  const own = posts(alice, 6);
  const records = new MemoryRecords();
  const script = holding(own);
  const first = await start({ [HOME]: script, [OTHER]: script }, { records });
  await first.pages(FILTERS, { store: new EventStore() });
  await first.outbox.close();
  const second = await start({ [HOME]: script, [OTHER]: script }, { records });
  const all = await second.pages(FILTERS, { store: new EventStore() });
  assert.deepEqual(ids(all.flatMap(({ events }) => events)), ids(own));
  await second.outbox.close();
});

Deno.test("Outbox feed() goes on by relays alone while its store fails, and reports that once", async () => {
  const own = posts(alice, 6);
  const store = new EventStore();
  const { outbox, pages, errors } = await start({ [HOME]: holding(own), [OTHER]: holding(own) });
  await pages(FILTERS, { store, pageSize: 2 });
  store.error = new Error("disk full");
  const all = await pages(FILTERS, { store, pageSize: 2 });
  assert.deepEqual(ids(all.flatMap(({ events }) => events)), ids(own));
  assert.equal(errors.length, 1);
  assert.match(errors[0].message, /disk full/);
  await outbox.close();
});

Deno.test("Outbox feed() sync() reads down to a time into the store, and goes on where it ended", async () => {
  const own = posts(alice, 40);
  const records = new MemoryRecords(), store = new EventStore();
  const sent: NostrFilter[] = [];
  const script: Script = {
    onReq: (req, relay) => {
      sent.push(...req.filters);
      holding(own, 10).onReq!(req, relay);
    },
  };
  const { outbox, during } = await start({ [HOME]: script, [OTHER]: script }, { records });
  const feed = outbox.feed(FILTERS, { store });
  const positions: number[] = [];
  const stop = new AbortController();
  const stopped = feed.sync({
    since: 0,
    signal: stop.signal,
    onProgress: ({ position }) => {
      positions.push(position);
      if (positions.length === 4) stop.abort();
    },
  });
  await assert.rejects(during(stopped), { name: "AbortError" });
  assert.ok(store.events.size >= 10 && store.events.size < 40);
  sent.length = 0;
  assert.deepEqual(await during(feed.sync({ since: 0, onProgress: () => {} })), []);
  assert.equal(store.events.size, 40);
  assert.deepEqual(positions, [...positions].sort((a, b) => b - a));
  sent.length = 0;
  assert.deepEqual(await during(feed.sync({ since: 0 })), []);
  assert.ok(sent.every(({ since = 0 }) => since >= START - 3_600), JSON.stringify(sent));
  await outbox.close();
  await assert.rejects(feed.sync({ since: 0 }), /closed/);
});

Deno.test("Outbox feed() follow() fills new people in as late, and leaves others out", async () => {
  const [a, b] = [posts(alice, 4), posts(bob, 4, START - 30)];
  const { outbox, during } = await start({ [HOME]: holding(a), [OTHER]: holding([...a, ...b]) });
  const feed = outbox.feed(FILTERS, { pageSize: 2 });
  const { value: first } = await during(feed.next());
  assert.deepEqual(ids(first!.events), ids(a.slice(0, 2)));
  feed.follow([{ kinds: [1], authors: [bob.pubkey] }]);
  const { value: second } = await during(feed.next());
  assert.deepEqual(ids(second!.late), ids(b.slice(0, 1)));
  assert.deepEqual(ids(second!.events), ids(b.slice(1, 3)));
  await outbox.close();
});

Deno.test("Outbox feed() reads new relays of somebody who moves, and the old ones for older posts", async () => {
  const own = posts(bob, 6);
  const { outbox, during, network } = await start({ [OTHER]: holding(own.slice(2)) });
  const feed = outbox.feed([{ kinds: [1], authors: [bob.pubkey] }], { pageSize: 2 });
  const { value: first } = await during(feed.next());
  assert.deepEqual(ids(first!.events), ids(own.slice(2, 4)));
  network.scripts.set(HUB, holding(own.slice(0, 2)));
  await outbox.store.event(bob.relayList({ both: [HUB] }, { created_at: START + 5 }));
  const { value: second } = await during(feed.next());
  assert.deepEqual(ids(second!.late), ids(own.slice(0, 2)));
  assert.deepEqual(ids(second!.events), ids(own.slice(4)));
  await outbox.close();
});

Deno.test("Outbox feed() tries a relay again that came back, and hands out what it had", async () => {
  const own = posts(alice, 8);
  const { outbox, during, network } = await start({
    [HOME]: holding(own.filter((_, i) => i !== 1)),
  });
  const feed = outbox.feed(FILTERS, { pageSize: 2 });
  const { value: first } = await during(feed.next());
  assert.equal(first!.events.length, 2);
  network.scripts.set(OTHER, holding(own));
  await network.clock.advance(3_600_000);
  const late: NostrEvent[] = [];
  for (let i = 0; i < 4; i++) late.push(...(await during(feed.next())).value?.late ?? []);
  assert.deepEqual(ids(late), ids([own[1]]));
  await outbox.close();
});

Deno.test("Outbox feed() ends with a break, a signal and the outbox, and leaves no request open", async () => {
  const { outbox, during, network } = await start({ [HOME]: {}, [OTHER]: {} });
  const stop = new AbortController();
  const aborted = outbox.feed(FILTERS, { signal: stop.signal });
  const page = aborted.next();
  void Promise.allSettled([page]);
  await quiet();
  assert.equal(network.live.length, 2);
  stop.abort();
  await assert.rejects(during(page), { name: "AbortError" });
  await quiet();
  assert.equal(network.live.length, 0);
  await assert.rejects(aborted.next(), { name: "AbortError" });

  const feed = outbox.feed(FILTERS);
  const waiting = feed.next();
  await quiet();
  await during(outbox.close());
  assert.deepEqual(await waiting, { done: true, value: undefined });
  await assert.rejects(feed.next(), /Cannot read a feed: the outbox is closed/);
  assert.throws(() => outbox.feed(FILTERS), /Cannot open a feed: the outbox is closed/);
});

Deno.test("Outbox feed() serves filters without authors from the fallback relays, and heeds since and until", async () => {
  const own = posts(alice, 10).map(({ created_at }) =>
    alice.sign({ kind: 1, created_at, tags: [["t", "nostr"]] })
  );
  const { outbox, pages } = await start({ [HUB]: holding(own) }, { fallbackRelays: [HUB] });
  const all = await pages(
    [{ kinds: [1], "#t": ["nostr"], since: own[7].created_at, until: own[2].created_at }],
    { pageSize: 4 },
  );
  assert.deepEqual(ids(all.flatMap(({ events }) => events)), ids(own.slice(2, 8)));
  assert.equal(all.at(-1)!.since, own[7].created_at);
  await outbox.close();
});

Deno.test("Outbox feed() gives the newest version of a replaceable event alone", async () => {
  const versions = [0, 1, 2].map((i) => alice.sign({ kind: 0, created_at: START - 60 * i }));
  const { outbox, pages } = await start({
    [HOME]: holding(versions.slice(1)),
    [OTHER]: holding(versions),
  });
  const all = await pages([{ kinds: [0], authors: [alice.pubkey] }]);
  assert.deepEqual(ids(all.flatMap(({ events }) => events)), ids(versions.slice(0, 1)));
  await outbox.close();
});

Deno.test("Outbox feed() refuses what has no pages, and options that are wrong", async () => {
  const { outbox, errors } = await start({});
  const wrong: [NostrFilter[], FeedOptions, RegExp][] = [
    [[], {}, /there is no filter/],
    [[{ kinds: [1], limit: 3 }], {}, /filter 0 has "limit"; its pages have a size/],
    [[{ ids: ["aa".repeat(32)] }], {}, /filter 0 has "ids"/],
    [[{ kinds: [1] }, { search: "nostr" }], {}, /filter 1 has "search"/],
    [[{ kinds: ["1"] }] as never, {}, /"kinds" of filter 0/],
    [FILTERS, { pageSize: 0 }, /"pageSize": it must be an integer >= 1, got 0/],
    [FILTERS, { pageSize: 5_001 }, /from 1 to 5000, got 5001/],
    [FILTERS, { patience: -1 }, /"patience"/],
    [FILTERS, { store: {} as never }, /"store": it must be an NStore/],
    [FILTERS, { fresh: 1 as never }, /"fresh": it must be a boolean, got 1/],
    [FILTERS, { pagesize: 3 } as never, /the nearest is "pageSize"/],
  ];
  for (const [filters, options, text] of wrong) {
    assert.throws(() => outbox.feed(filters, options), text);
  }
  const feed = outbox.feed(FILTERS);
  await assert.rejects(feed.sync({ since: 0 }), /Cannot sync a feed: it has no option "store"/);
  await outbox.close();
  assert.deepEqual(errors, []);
});

Deno.test("Outbox feed() ends at relays that heed no filter, send the oldest first, or refuse", async () => {
  const own = posts(alice, 12), foreign = posts(bob, 3);
  const { outbox, network, pages } = await start({
    [HOME]: { onReq: (req) => req.send(...own.slice(0, 7).toReversed(), ...foreign).eose() },
    [OTHER]: { onReq: (req) => req.closed("auth-required: who are you?") },
  });
  const all = await pages(FILTERS, { pageSize: 3 });
  assert.deepEqual(ids(all.flatMap(({ events }) => events)), ids(own.slice(0, 7)));
  const requests = network.relays.reduce((sum, { reqs }) => sum + reqs.length, 0);
  assert.ok(requests < 30, `${requests} requests`);
  await outbox.close();
});
