import assert from "node:assert/strict";
import { type FaultName, startFault } from "../../testing/faulty_relay.ts";
import { Signer } from "../../testing/signer.ts";
import { World } from "../support/outbox_world.ts";

/** Law V1 with relays that take little at a time: that costs messages, but no answer. */

const NOW = 1_700_000_000;
const authors = Array.from({ length: 40 }, (_, i) => new Signer(100 + i));
const pubkeys = authors.map(({ pubkey }) => pubkey);
const posts = authors.flatMap((author) =>
  [1, 2].map((n) => author.sign({ created_at: NOW - 100 - n }))
);
const all = posts.map(({ id }) => id).sort();

/** Limits that forty filters, or forty requests at once, exceed by number or length. */
const tight: [FaultName, number][] = [
  ["too-many-filters:closed", 7],
  ["too-many-filters:closed", 2],
  ["too-many-filters:notice", 7],
  ["too-many-filters:notice", 1],
  ["too-many-filters:nostream", 7],
  ["too-many-filters:strfry", 7],
  ["too-many-subscriptions:closed", 3],
  ["too-many-subscriptions:closed", 1],
  ["too-many-subscriptions:strfry", 3],
  ["too-long:notice", 1_000],
  ["too-long:disconnect", 1_000],
  ["capped", 9],
];

for (const [name, count] of tight) {
  Deno.test(`V1: one large request gets everything from a relay with "${name}" at ${count}`, async () => {
    const relay = startFault(name, { events: posts, count });
    await using world = new World({
      living: 0,
      faulty: [relay],
      options: { authorsPerFilter: 1, relaysPerAuthor: 1 },
    });
    for (const author of authors) {
      await world.outbox.store.event(author.relayList({ both: [relay.url] }));
    }
    const filters = [{ kinds: [1], authors: pubkeys, since: NOW - 1_000 }];
    await using live = world.req(filters);
    assert.equal(await live.end(), "EOSE");
    assert.deepEqual(live.events.map(({ id }) => id).sort(), all);
    for (const author of [authors[0], authors[39]]) {
      const post = author.sign({ content: "live", created_at: NOW });
      relay.relay?.publish(post);
      await live.event(post.id);
    }
    assert.deepEqual(world.errors, []);
  });

  Deno.test(`V1: many small requests get everything from a relay with "${name}" at ${count}`, async () => {
    const relay = startFault(name, { events: posts, count });
    await using world = new World({ living: 0, faulty: [relay] });
    for (const author of authors) {
      await world.outbox.store.event(author.relayList({ both: [relay.url] }));
    }
    const found = await Promise.all(
      pubkeys.map((pubkey) => world.query([{ kinds: [1], authors: [pubkey] }])),
    );
    assert.deepEqual(found.flat().map(({ id }) => id).sort(), all);
    assert.deepEqual(world.errors, []);
  });
}
