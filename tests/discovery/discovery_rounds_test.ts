import assert from "node:assert/strict";
import { DiscoveryWorld } from "../support/discovery_world.ts";
import { F, H, hangs, holds, I1, I2, I3 } from "../support/fake_relays.ts";
import { listEvent, unsigned } from "../support/list_store.ts";
import { list, lists, P, people, person } from "../support/listed_people.ts";

Deno.test("Discovery asks two indexers at once, and stores the newest version", async () => {
  const world = new DiscoveryWorld({ [I1]: holds([list(7, 100)]), [I2]: holds([list(7, 200)]) });
  await world.find([P]);
  assert.deepEqual(world.requests.map(({ url }) => url), [I1, I2]);
  assert.deepEqual(world.requests[0].filters, [{ kinds: [10002], authors: [P], since: 1 }]);
  assert.equal((await world.store.get([P])).get(P)?.created_at, 200);
  assert.deepEqual(world.errors, []);
});

Deno.test("Discovery asks the other indexers next, and hint and fallback relays last", async () => {
  const world = new DiscoveryWorld({ [F]: holds([list(7)]) });
  world.hints.set(P, [H, I3]);
  await world.find([P]);
  assert.deepEqual(world.requests.map(({ url }) => url), [I1, I2, I3, H, F]);
  assert.equal(await world.known([P]), 1);
});

Deno.test("Discovery asks no further relay once a list was found", async () => {
  const world = new DiscoveryWorld({ [I2]: holds([list(7)]) });
  await world.find([P]);
  assert.deepEqual(world.requests.map(({ url }) => url), [I1, I2]);
  const later = new DiscoveryWorld({ [I3]: holds([list(7)]) });
  later.hints.set(P, [H]);
  await later.find([P]);
  assert.deepEqual(later.requests.map(({ url }) => url), [I1, I2, I3]);
});

Deno.test("Discovery asks no more than three hinted relays for one person", async () => {
  const world = new DiscoveryWorld();
  world.hints.set(P, [1, 2, 3, 4, 5].map((n) => `wss://h${n}.example/`));
  await world.find([P]);
  assert.equal(world.requests.filter(({ url }) => /h\d/.test(url)).length, 3);
});

Deno.test("Discovery asks the remaining relays after an indexer is late, and stores its answer all the same", async () => {
  const world = new DiscoveryWorld({ [I2]: hangs, [I3]: holds([list(7)]) });
  await world.find([P, person(8)], 5_000);
  assert.deepEqual(world.at(I3), [[P, person(8)]]);
  assert.equal(await world.known([P]), 1);
  const late = world.requests.find(({ url }) => url === I2)!;
  late.onEvent(list(7, list(7).created_at + 1));
  late.onEvent(list(8));
  late.end();
  await world.turn();
  assert.equal(await world.known([person(8)]), 1);
  assert.equal((await world.store.get([P])).get(P)?.created_at, list(7).created_at + 1);
});

Deno.test("Discovery waits for the end of a round, though a late relay of the previous one answers", async () => {
  const world = new DiscoveryWorld({ [I1]: hangs, [I3]: hangs });
  const found = world.find([P], 3_000);
  await world.turn();
  await world.clock.advance(2_000);
  await world.turn();
  assert.deepEqual(world.requests.map(({ url }) => url), [I1, I2, I3]);
  world.requests[0].end();
  await world.turn();
  assert.equal(world.requests.length, 3);
  await found;
});

Deno.test("Discovery requests no list again that a late relay may still send", async () => {
  const world = new DiscoveryWorld({ [I1]: hangs, [I2]: hangs, [I3]: hangs, [F]: hangs });
  await world.find([P], 20_000);
  assert.equal(world.requests.length, 4);
  await world.clock.advance(60_000);
  await world.find([P], 20_000);
  assert.equal(world.requests.length, 4);
  world.requests.forEach(({ end }) => end());
  await world.turn();
  assert.deepEqual(world.progress.at(-1), { known: 0, asked: 1, found: 0, missing: 1 });
});

Deno.test("Discovery stores what a relay sends that never ends its answer", async () => {
  const world = new DiscoveryWorld({
    [I1]: hangs,
    [I2]: ({ onEvent }) => onEvent(list(7)),
  });
  await world.find([P], 3_000);
  assert.equal(await world.known([P]), 1);
  assert.deepEqual(world.at(I3), []);
});

Deno.test("Discovery assigns people to usable indexers in turn, of equal weight in their given order", async () => {
  const world = new DiscoveryWorld(
    { [I1]: holds(lists(30)), [I2]: holds(lists(30)), [I3]: holds(lists(30)) },
    { maxAuthors: 5 },
  );
  await world.find(people(30).reverse());
  assert.deepEqual([I1, I2, I3].map((url) => world.at(url).length), [4, 4, 4]);
  assert.deepEqual(world.at(I1)[0], people(5));
  assert.deepEqual(world.at(I2).slice(0, 2), [people(5), people(10).slice(5)]);
});

Deno.test("Discovery asks first the indexers that are nearly as good as the best, and at least two", async () => {
  const all = { [I1]: holds(lists(9)), [I2]: holds(lists(9)), [I3]: holds(lists(9)) };
  const world = new DiscoveryWorld(all, { maxAuthors: 1 });
  world.weights.set(I1, 0.4);
  await world.find(people(9));
  assert.deepEqual([I1, I2, I3].map((url) => world.at(url).length), [0, 9, 9]);

  const uneven = new DiscoveryWorld(all, { maxAuthors: 1 });
  uneven.weights.set(I1, 0.1).set(I2, 0.4);
  await uneven.find(people(9));
  assert.deepEqual([I1, I2, I3].map((url) => uneven.at(url).length), [0, 9, 9]);
  await uneven.find([person(30)]);
  assert.equal(uneven.at(I1).length, 1, "the worst is asked in the second round");
});

Deno.test("Discovery requests lists that are to be refreshed separately, after the others", async () => {
  const world = new DiscoveryWorld({}, { maxAuthors: 2, fallbacks: [], indexers: [I1] });
  for (const n of [0, 2]) await world.store.event(list(n));
  await world.find(people(4));
  assert.deepEqual(world.at(I1), [[person(1), person(3)], [person(0), person(2)]]);
});

Deno.test("Discovery asks no relay that is not usable, even for searches that are queued already", async () => {
  const world = new DiscoveryWorld({}, { maxAuthors: 1 });
  world.unusable.add(I1).add(F).add(H);
  world.hints.set(P, [H]);
  world.relays.set(I2, ({ end }) => {
    world.unusable.add(I2);
    end({ answered: false, complete: false });
  });
  await world.find(people(20));
  assert.deepEqual([I1, F, H].flatMap((url) => world.at(url)), []);
  assert.ok(world.at(I2).length <= 4);
  assert.equal(world.at(I3).length, 20);
});

Deno.test("Discovery sends few requests for many people, and at most four at once to one indexer", async () => {
  const world = new DiscoveryWorld();
  const open: (() => void)[] = [];
  for (const url of [I1, I2, I3]) world.relays.set(url, ({ end }) => open.push(() => end()));
  const found = world.discovery.find(10002, people(10_000), { wait: 60_000 });
  await world.turn();
  assert.equal(world.requests.length, 12);
  for (let round = 0; round < 200 && open.length > 0; round++) {
    for (const end of open.splice(0)) end();
    await world.turn();
  }
  await found;
  assert.equal(world.maxConcurrent, 4);
  assert.deepEqual(world.duplicates, []);
  const sizes = world.requests.map(({ authors }) => authors.length);
  assert.ok(Math.max(...sizes) <= 250);
  assert.equal(sizes.slice(0, 12).every((size) => size === 250), true);
  // Each of 10,000 people at three indexers, and at the fallback relay.
  assert.equal(sizes.reduce((a, b) => a + b), 40_000);
  assert.ok(world.requests.length <= 170, `${world.requests.length}`);
});

Deno.test("Discovery puts kinds of one turn into the same filter, with sorted authors", async () => {
  const world = new DiscoveryWorld();
  const both = [person(3), person(1)];
  await Promise.all([
    world.find([...both, person(2)]),
    world.find(both, 60_000, 10050),
  ]);
  assert.deepEqual(world.requests[0].filters, [
    { kinds: [10002, 10050], authors: [person(1), person(3)], since: 1 },
    { kinds: [10002], authors: [person(2)], since: 1 },
  ]);
});

Deno.test("Discovery counts people, and not their kinds of lists, to fill a request", async () => {
  const both = [10002, 10050].flatMap((kind) =>
    people(2).map((pubkey) => unsigned(pubkey, { kind, tags: [["relay", "wss://x.example/"]] }))
  );
  const world = new DiscoveryWorld({ [I1]: holds(both), [I2]: holds(both) }, { maxAuthors: 2 });
  await Promise.all([10002, 10050].map((kind) => world.find(people(2), 60_000, kind)));
  assert.deepEqual(world.requests.map(({ url, authors }) => [url, authors]), [
    [I1, people(2)],
    [I2, people(2)],
  ]);
});

Deno.test("Discovery finds lists of other kinds, too", async () => {
  const blocked = unsigned(P, { kind: 10006, tags: [["relay", "wss://bad.example/"]] });
  const world = new DiscoveryWorld({ [I1]: holds([blocked]) });
  await world.find([P], 60_000, 10006);
  assert.equal(await world.known([P], 10006), 1);
  world.requests.length = 0;
  await world.find([P], 60_000, 10006);
  assert.deepEqual(world.requests, []);
});

Deno.test("Discovery sends at most sixteen requests at once to relays that are not indexers", async () => {
  const world = new DiscoveryWorld({}, { fallbacks: [] });
  let under = 0, most = 0;
  for (let n = 0; n < 60; n++) {
    const url = `wss://h${n}.example/`;
    world.hints.set(person(n), [url]);
    world.relays.set(url, ({ end }) => {
      most = Math.max(most, ++under);
      world.clock.after(100, () => {
        under--;
        end();
      });
    });
  }
  await world.find(people(60));
  await world.clock.advance(1_000);
  assert.equal(most, 16);
  assert.equal(world.requests.filter(({ url }) => url.includes("//h")).length, 60);
});

Deno.test("Discovery stores no lists that nobody requested", async () => {
  const other = person(9);
  const world = new DiscoveryWorld({
    [I1]: ({ onEvent, end }) => {
      onEvent(list(9));
      onEvent(unsigned(P, { kind: 1 }));
      onEvent(unsigned(P, { kind: 10050, tags: [["relay", "wss://x.example/"]] }));
      end();
    },
  });
  await world.find([P]);
  assert.equal(await world.known([other]), 0);
  assert.equal(world.db.events.size, 0);
});

Deno.test("Discovery stores the newest version of a list, from whichever round", async () => {
  const newest = listEvent(P, ["wss://new.example/"], list(7).created_at + 5);
  const world = new DiscoveryWorld({ [I1]: holds([list(7)]), [I2]: holds([newest]) });
  await world.find([P]);
  assert.deepEqual((await world.store.get([P])).get(P)?.write, ["wss://new.example/"]);
});
