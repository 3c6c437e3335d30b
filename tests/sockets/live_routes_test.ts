import assert from "node:assert/strict";
import { Signer } from "../../testing/signer.ts";
import { eventually } from "../support/eventually.ts";
import { World } from "../support/outbox_world.ts";

/** Feeds on real sockets that gain relays while they are open. */

const MAX_RELAYS = 6;
const people = Array.from({ length: 30 }, (_, i) => new Signer(i + 1));
const feed = [{ kinds: [1], authors: people.map(({ pubkey }) => pubkey) }];

/** A hub that everybody is asked for on at first, and more relays than may be asked. */
function world(): World {
  return new World({
    living: 9,
    options: ([hub]) => ({
      fallbackRelays: [hub.url],
      maxRelays: MAX_RELAYS,
      discoveryTimeout: 0,
      relayInfo: false,
    }),
  });
}

Deno.test("LiveRoutes: an open feed gains the relays of lists that arrive; posts come, stored and new, none twice", async () => {
  await using net = world();
  const [, ...relays] = net.living;
  // Three of them would do for everybody, but those who come first fill the cap with others.
  const relaysOf = (i: number) => [relays[i % 5], relays[5 + i % 3]];
  const stored = people.map((person, i) => {
    const post = person.sign({ content: `stored ${i}` });
    for (const relay of relaysOf(i)) relay.seed([post]);
    return post;
  });
  await using live = net.req(feed);
  assert.equal(await live.end(), "EOSE");
  assert.equal(live.events.length, 0);

  for (const [i, person] of people.entries()) {
    const list = person.relayList({ both: relaysOf(i).map(({ url }) => url) });
    await net.outbox.store.event(list);
    if (i % 3 === 2) await live.event(stored[i].id);
  }
  for (const post of stored) await live.event(post.id);

  for (const [i, person] of people.entries()) {
    const post = person.sign({ content: `new ${i}`, created_at: 1_700_000_100 });
    for (const relay of relaysOf(i)) relay.publish(post);
    await live.event(post.id);
  }
  const ids = live.events.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(net.living.filter(({ requests }) => requests > 0).length <= MAX_RELAYS);
  const connected = () => net.living.filter(({ open }) => open > 0).length;
  await net.clock.within(100_000, "idle", eventually("idle", () => connected() <= MAX_RELAYS));
  assert.deepEqual(net.errors, []);
});

Deno.test("LiveRoutes: a feed that has left all the relays it began with goes on, and ends when it is aborted", async () => {
  await using net = world();
  const [hub, a, b] = net.living;
  const some = people.slice(0, 4);
  {
    await using live = net.req([{ kinds: [1], authors: some.map(({ pubkey }) => pubkey) }]);
    assert.equal(await live.end(), "EOSE");
    for (const person of some) {
      await net.outbox.store.event(person.relayList({ both: [a.url, b.url] }));
    }
    await net.clock.within(60_000, "the hub is left", eventually("left", () => hub.requests === 0));
    await a.down();
    const post = some[0].sign({ content: "new" });
    b.publish(post);
    await live.event(post.id);
    a.up();
    await net.clock.within(60_000, "a is asked", eventually("asked", () => a.requests > 0));
    const other = some[1].sign({ content: "newer" });
    a.publish(other);
    await live.event(other.id);
  }
  await eventually("nothing is asked", () => net.living.every(({ requests }) => requests === 0));
});

Deno.test("LiveRoutes: a query under way finds posts at relays that became known meanwhile", async () => {
  await using net = world();
  const [hub, a] = net.living;
  const [alice, bob] = people;
  hub.options.latency = () => eventually("the other is asked", () => a.requests > 0);
  const post = alice.sign({ content: "elsewhere" });
  a.seed([post]);
  const finding = net.query([{ kinds: [1], authors: [alice.pubkey, bob.pubkey] }]);
  await eventually("it is asked", () => hub.requests > 0);
  await net.outbox.store.event(alice.relayList({ both: [a.url] }));
  assert.deepEqual((await finding).map(({ id }) => id), [post.id]);
});
