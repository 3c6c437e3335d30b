import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { openSqlite } from "../../src/db/sqlite.ts";
import type { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";
import { answering, GOOD, liesAbout, network } from "../support/bad_indexers.ts";
import { onlyUserOf } from "../support/only_user.ts";
import { HUB, INDEXER, postsOf, publicUrl } from "../support/public_world.ts";

/** Indexers that lie: the outbox believes a list because its author signed it. */

const people = Array.from({ length: 12 }, (_, i) => new Signer(i + 1));
const [alice, bob] = people;
const NOW = 1_700_000_000;
const HOUR_MS = 3_600_000;
const idsOf = (events: readonly NostrEvent[]) => events.map(({ id }) => id).sort();

/** Makes an indexer lie about everybody whose list is requested. */
function lying(relay: RelayServer): void {
  const lies = new Map(people.map((person) => [person.pubkey, liesAbout(person)]));
  answering(relay, (filters, send) => {
    for (const pubkey of new Set(filters.flatMap(({ authors = [] }) => authors))) {
      for (const lie of lies.get(pubkey) ?? []) send(lie);
    }
    return true;
  });
}

for (const liars of [[INDEXER], [INDEXER, "second"], ["second", "third"]]) {
  const count = liars.length === 1 ? "one lying indexer" : "two lying indexers";
  Deno.test(`Discovery finds everybody in spite of ${count} of three (${liars.join(", ")})`, async () => {
    await using db = await openSqlite(":memory:");
    await using net = network({ store: db, records: onlyUserOf(db) });
    for (const name of liars) lying(net.relay(name));
    const lists = people.map((person) => person.relayList({ both: [GOOD] }));
    for (const name of [INDEXER, "second", "third"]) net.relay(name).seed(lists);
    const posts = people.map((person) => net.post("good", person));
    const filter = postsOf(...people);
    assert.deepEqual(await net.find(filter), idsOf(posts));
    await net.wait(HOUR_MS);
    assert.deepEqual(await net.find(filter), idsOf(posts));
    const stored = await db.query([{}]);
    assert.deepEqual(idsOf(stored), idsOf(lists));
    assert.equal(net.relay("evil").stats.connections, 0);
  });
}

Deno.test("Discovery believes two indexers of three that know an old list alone no longer than refreshAfter", async () => {
  await using net = network({ refreshAfter: HOUR_MS });
  const [old, list] = ["evil", "good"].map((name, i) =>
    alice.relayList({ both: [publicUrl(name)] }, { created_at: NOW + i })
  );
  for (const name of [INDEXER, "second"]) net.relay(name).seed([old]);
  net.relay("third").seed([list]);
  const post = net.post("good", alice);
  await net.find(postsOf(alice));
  await net.wait(HOUR_MS);
  await net.find(postsOf(alice));
  await net.wait(HOUR_MS);
  assert.deepEqual(await net.find(postsOf(alice)), [post.id]);
});

Deno.test("Discovery is not led astray where every indexer lies, and Outbox finds what hints and fallbacks have", async () => {
  await using net = network({ store: undefined });
  for (const name of [INDEXER, "second", "third"]) {
    answering(net.relay(name), (_filters, send) => {
      for (const person of people) for (const lie of liesAbout(person).slice(0, 6)) send(lie);
      return true;
    });
  }
  net.world.outbox.hint(alice.pubkey, [GOOD]);
  const posts = [net.post("good", alice), net.post(HUB, bob)];
  assert.deepEqual(await net.find(postsOf(...people)), idsOf(posts));
  assert.equal(net.relay("evil").stats.connections, 0);
});
