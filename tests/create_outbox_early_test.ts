import assert from "node:assert/strict";
import type { NostrEvent } from "@nostrify/types";
import * as fc from "fast-check";
import { RelaySocket } from "../src/connections/relay_socket.ts";
import { createOutbox } from "../src/create_outbox.ts";
import { ScriptedSocket } from "../testing/scripted_socket.ts";
import { Signer } from "../testing/signer.ts";
import { quiet, TestClock } from "../testing/test_clock.ts";
import type { OutboxOptions } from "../src/outbox_options.ts";
import type { ReqPlan } from "../src/plan/plan_req.ts";
import {
  type EarlyPlot,
  earlyPlot,
  EarlyWorld,
  HUBS,
  INDEXERS,
  urlOf,
} from "./support/early_world.ts";

/** What an outbox asks before relay lists are found, and when it is done. */

const ids = (events: readonly NostrEvent[]) => events.map(({ id }) => id).sort();

/** A world in which one person's list is at the indexers, which take 1.4 s. */
const plot = (some: Partial<EarlyPlot> = {}): EarlyPlot => ({
  people: [{ relays: [0, 1], at: "indexer" }],
  relays: Array.from({ length: 7 }, () => ({ ms: 50, isDead: false })),
  posts: [{ author: 0, at: [0, 5] }, { author: 0, at: [1] }],
  indexerMs: 1_400,
  maxRelays: 20,
  filter: { kinds: [1] },
  ...some,
});

/** Reads everybody's posts in a new world. */
async function read(some: EarlyPlot, isWaiting = false, options: OutboxOptions = {}) {
  const world = new EarlyWorld(some, options);
  const { outbox, errors } = world.world;
  await world.begin();
  if (isWaiting) {
    // Everything that can be found is found before.
    let isOver = false;
    void outbox.discover(world.filter.authors!).then(() => isOver = true);
    for (let i = 0; i < 400 && !isOver; i++) await world.network.clock.advance(250);
  }
  const { end, ...result } = await world.read();
  await end();
  await outbox.close();
  return { ...result, world, errors };
}

Deno.test("Outbox yields a post of a fallback relay before it has found the author's relay list", async () => {
  const { events, firstAt, eoseAt, routes } = await read(plot());
  assert.ok(firstAt! <= 100, `${firstAt}`);
  assert.ok(eoseAt! >= 1_400, `${eoseAt}`);
  assert.equal(events.length, 2);
  assert.deepEqual([...routes.keys()], HUBS);
  // A preview: the newest events, as many as a screen shows.
  assert.deepEqual([...routes.values()].flat().map(({ limit }) => limit), [200, 200]);
});

Deno.test("createOutbox() starts threads for signatures once it looks for 300 lists, not for fewer", async () => {
  for (const [follows, starts] of [[299, 0], [300, 1]]) {
    const clock = new TestClock();
    let started = 0;
    const outbox = createOutbox({
      clock,
      indexerRelays: ["wss://indexer.example/"],
      relayInfo: false,
      // It never connects.
      open: (url) => new RelaySocket(url, {}, () => new ScriptedSocket()),
      verifyWorker: () => {
        started++;
        throw new Error("no more is needed here");
      },
    });
    const authors = Array.from({ length: follows }, (_, i) => new Signer(i + 1).pubkey);
    const routing = outbox.reqRouter([{ kinds: [1], authors }]);
    for (let turn = 0; turn < 10; turn++) {
      await quiet();
      await clock.advance(10);
    }
    assert.equal(started, starts, `${follows} lists`);
    await outbox.close();
    await Promise.allSettled([routing]);
  }
});

/** Opens the relays of a request, and advances the clock until a relay is connected to. */
async function connected(world: EarlyWorld, url: string) {
  const { clock, relays } = world.network;
  const controller = new AbortController();
  const routes = await world.world.outbox.reqRouter([world.filter], controller);
  const reading = [...routes].map(async ([url, filters]) => {
    for await (const _ of world.world.outbox.open(url).req(filters, controller));
  });
  while (!relays.some((relay) => relay.url === url)) await clock.advance(10);
  const [relay] = relays.filter((relay) => relay.url === url);
  const end = async () => {
    controller.abort();
    await Promise.allSettled(reading);
  };
  return { relay, end };
}

Deno.test("Outbox connects to relays of the first lists that it finds before it has planned by them", async () => {
  const people = [
    { relays: [0, 1], at: "indexer" as const },
    { relays: [0], at: "nowhere" as const },
  ];
  const world = new EarlyWorld(plot({ people }));
  const { clock, relays, scripts } = world.network;
  // So the search goes on.
  scripts.set(INDEXERS[1], { onReq: (req) => void clock.after(2_500, () => req.eose()) });
  const { relay, end } = await connected(world, urlOf(0));
  assert.ok(world.now <= 1_430, `${world.now}`);
  assert.equal(relay.reqs.length, 0);
  await clock.advance(160);
  assert.equal(relay.reqs.length, 1);
  assert.equal(relays.filter(({ url }) => url === urlOf(0)).length, 1);
  await end();
  await world.world.outbox.close();
});

Deno.test("Outbox lets go of relays that it connected to early if nobody reads any longer", async () => {
  const world = new EarlyWorld(plot());
  const { relay, end } = await connected(world, urlOf(0));
  await end();
  await world.network.clock.advance(40_000);
  assert.ok(relay.isClosed);
  await world.world.outbox.close();
});

Deno.test("Outbox asks those at once whose relay lists are known, while others' are looked for", async () => {
  const people = [
    { relays: [0, 1], at: "store" as const },
    { relays: [2, 3], at: "indexer" as const },
  ];
  const posts = [{ author: 0, at: [0] }, { author: 1, at: [2] }];
  const { events, firstAt, eoseAt, routes } = await read(plot({ people, posts }));
  assert.ok(firstAt! <= 100, `${firstAt}`);
  assert.ok(eoseAt! >= 1_400, `${eoseAt}`);
  assert.equal(events.length, 2);
  assert.deepEqual([...routes.keys()].sort(), [urlOf(0), urlOf(1), ...HUBS].sort());
});

Deno.test("Outbox asks a relay at most twice for a filter with a limit, however lists arrive", async () => {
  const people = [
    { relays: [0], at: "store" as const },
    { relays: [0], at: "indexer" as const },
    { relays: [0], at: "indexer" as const },
  ];
  const limited = plot({ people, filter: { kinds: [1], limit: 5 } });
  const { world } = await read(limited);
  const filters = world.network.relays.flatMap(({ reqs }) => reqs)
    .flatMap((req) => req.filters).filter(({ kinds }) => kinds?.includes(1));
  for (const { limit } of filters) assert.equal(limit ?? 0, limit === undefined ? 0 : 5);
  const own = world.network.relays.filter(({ url }) => url === urlOf(0)).flatMap(({ reqs }) => reqs)
    .filter((req) => req.filters.some(({ limit }) => limit !== undefined));
  assert.equal(own.length, 2);
});

Deno.test("Outbox waits for relay lists where nothing can be asked without them, and then fails as before", async () => {
  for (const at of ["indexer", "nowhere"] as const) {
    const world = new EarlyWorld(plot({ people: [{ relays: [0], at }] }), { fallbackRelays: [] });
    const { outbox } = world.world;
    const planning = outbox.reqRouter([world.filter]);
    let outcome: unknown;
    planning.then((routes) => outcome = [...routes.keys()], (error) => outcome = error.name);
    await world.network.clock.advance(1_300);
    assert.equal(outcome, undefined);
    await world.network.clock.advance(3_000);
    await quiet();
    assert.deepEqual(outcome, at === "indexer" ? [urlOf(0)] : "RoutingError");
    await outbox.close();
  }
});

Deno.test("Outbox never yields EOSE before it has found relay lists, or given up, and nothing twice", async () => {
  await fc.assert(
    fc.asyncProperty(earlyPlot, async (some) => {
      const { events, eoseAt, world } = await read(some);
      const isMissing = some.people.some(({ at }) => at !== "store");
      assert.ok(eoseAt !== undefined, "There is no EOSE");
      if (isMissing) assert.ok(eoseAt >= Math.min(some.indexerMs, 3_000), `${eoseAt}`);
      assert.equal(new Set(ids(events)).size, events.length);
      assert.ok(world.mostRelays <= some.maxRelays, `R3: ${world.mostRelays}`);
    }),
    { numRuns: 60 },
  );
});

Deno.test("Outbox finds all that it finds when relay lists are known before, and else what fallback relays have", async () => {
  await fc.assert(
    fc.asyncProperty(earlyPlot, async (drawn) => {
      // A dead relay is replaced in either case, but perhaps by another; and whether a slow one is
      // still waited for depends on who else is.
      const relays = drawn.relays.map(() => ({ ms: drawn.relays[0].ms, isDead: false }));
      const some = { ...drawn, relays, maxRelays: 20 };
      if (some.indexerMs > 3_000) return;
      // Else each may ask two others of somebody's three relays.
      const all = { relaysPerAuthor: 3 };
      const [early, waiting] = [await read(some, false, all), await read(some, true, all)];
      const found = new Set(ids(early.events));
      for (const id of ids(waiting.events)) assert.ok(found.has(id), `${id} is missing`);
      const atHubs = new Set(HUBS.flatMap((url) => ids(early.world.posts.get(url)!)));
      const more = ids(early.events).filter((id) => !ids(waiting.events).includes(id));
      for (const id of more) assert.ok(atHubs.has(id), `${id} comes from elsewhere`);
    }),
    { numRuns: 60 },
  );
});

Deno.test("Outbox carries small requests out together that are made before relay lists are found, and each has its own events", async () => {
  const people = [0, 1].map((index) => ({ relays: [index], at: "indexer" as const }));
  const posts = [{ author: 0, at: [0] }, { author: 1, at: [1] }, { author: 1, at: [5] }];
  const world = new EarlyWorld(plot({ people, posts }));
  const { pool, outbox } = world.world;
  const authors = world.filter.authors!;
  let over = 0;
  const queries = authors.map((author) =>
    pool.query([{ kinds: [1], authors: [author] }]).finally(() => over++)
  );
  await world.network.clock.advance(1_350);
  assert.equal(over, 0);
  await world.network.clock.advance(3_000);
  const found = await Promise.all(queries);
  assert.deepEqual(found.map(({ length }) => length), [1, 2]);
  found.forEach((events, i) => events.forEach(({ pubkey }) => assert.equal(pubkey, authors[i])));
  const previews = world.network.relays.filter(({ url }) => url === HUBS[0])
    .flatMap(({ reqs }) => reqs).filter(({ filters }) => filters[0].limit !== undefined);
  assert.deepEqual(previews.map(({ filters }) => filters.length), [2]);
  await pool.close();
  await outbox.close();
});

Deno.test("Outbox asks indexers at once for profiles of people whose relay lists are looked for", async () => {
  const { world, routes } = await read(plot({ filter: { kinds: [0] } }));
  assert.deepEqual([...routes.keys()].sort(), [...INDEXERS].sort());
  const asked = world.network.relays.filter(({ url }) => url === urlOf(0));
  assert.equal(asked.length, 1);
});

Deno.test("Outbox calls onReqPlan at once, and again with the plan by the relay lists that were found", async () => {
  const plans: ReqPlan[] = [];
  const world = new EarlyWorld(plot(), { onReqPlan: (plan) => plans.push(plan) });
  const { outbox } = world.world;
  await outbox.reqRouter([world.filter]);
  assert.deepEqual(plans.map(({ routes }) => [...routes.keys()]), [HUBS]);
  await world.network.clock.advance(1_500);
  assert.deepEqual(plans.map(({ routes }) => [...routes.keys()].sort()), [HUBS, [
    urlOf(0),
    urlOf(1),
  ]]);
  await outbox.close();
});
