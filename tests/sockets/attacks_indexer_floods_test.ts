import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { openSqlite } from "../../src/db/sqlite.ts";
import { Signer } from "../../testing/signer.ts";
import { answering, EVIL, GOOD, network, stranger } from "../support/bad_indexers.ts";
import { eventually } from "../support/eventually.ts";
import { onlyUserOf } from "../support/only_user.ts";
import { HUB, INDEXER, postsOf, publicUrl } from "../support/public_world.ts";

/** Relays that send too much, nothing, or events that were not requested. */

const people = Array.from({ length: 12 }, (_, i) => new Signer(i + 1));
const [alice] = people;
const NOW = 1_700_000_000;
const HOUR_MS = 3_600_000;
const idsOf = (events: readonly NostrEvent[]) => events.map(({ id }) => id).sort();

/** What an indexer sends, and how often. */
const FLOODS: Record<string, [count: number, event: (list: NostrEvent, n: number) => unknown]> = {
  "the same list": [20_000, (list) => list],
  "forged lists": [20_000, (list, n) => ({ ...list, created_at: NOW + n })],
  "an event that was not requested": [100_000, () => unrequested],
};
const unrequested = stranger.sign({ kind: 10050, tags: [["relay", EVIL]] });

for (const [what, [count, event]] of Object.entries(FLOODS)) {
  Deno.test(`Discovery cuts off an indexer that sends ${what} ${count} times without an end, and believes the others`, async () => {
    await using db = await openSqlite(":memory:");
    await using net = network({ store: db });
    const old = alice.relayList({ both: [EVIL] }, { created_at: NOW - 60 });
    let hasBegun = false;
    answering(net.relay(INDEXER), (_filters, send) => {
      hasBegun = true;
      for (let n = 0; n < count; n++) send(event(old, n));
      return false;
    });
    const list = alice.relayList({ both: [GOOD] });
    net.relay("second").seed([list]);
    const post = net.post("good", alice);
    const { clock, errors, failures } = net.world;
    const isReported = () =>
      [...errors, ...failures].some(({ message }) =>
        /indexer\.example.*(?:flood|junk)/.test(message)
      );
    const finding = net.find(postsOf(alice));
    await eventually("the flood begins", () => hasBegun);
    // No time passes meanwhile, so no timeout ends it, however slow the machine is.
    await clock.holding(() => eventually("the flood is reported", isReported));
    await finding;
    await net.wait(60_000);
    assert.deepEqual(await net.find(postsOf(alice)), [post.id]);
    assert.deepEqual(idsOf(await db.query([{}])), [list.id]);
    await eventually("no request to it is open", () => net.relay(INDEXER).requests === 0);
  });
}

for (const [how, silence] of [["says nothing", "req"], ["does not even connect", "connect"]]) {
  Deno.test(`Discovery waits no longer than discoveryTimeout for an indexer that ${how}`, async () => {
    await using net = network({ discoveryTimeout: 3_000 });
    const { clock } = net.world;
    await using mute = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const port = (mute.addr as Deno.NetAddr).port;
    for (const name of [INDEXER, "second", "third"]) {
      if (silence === "req") answering(net.relay(name), () => false);
      else net.places.set(publicUrl(name), `ws://127.0.0.1:${port}/`);
    }
    const post = net.post(HUB, alice);
    const began = clock.now();
    assert.deepEqual(await net.find(postsOf(alice)), [post.id]);
    assert.ok(clock.now() - began < 10_000, `${clock.now() - began}`);
  });
}

Deno.test("Discovery takes in no list that was not requested, whichever relay sends it", async () => {
  await using db = await openSqlite(":memory:");
  await using net = network({ store: db, records: onlyUserOf(db) });
  const lists = people.map((person) => person.relayList({ both: [EVIL] }));
  net.relay("good").options.onOpen = (connection) => {
    for (const list of lists) connection.send(["EVENT", "nobody", list]);
  };
  net.list(alice, [GOOD]);
  const post = alice.sign();
  answering(net.relay("good"), (_filters, send) => {
    for (const event of [...lists, post]) send(event);
    return true;
  });
  assert.deepEqual(await net.find(postsOf(alice)), [post.id]);
  await net.wait(HOUR_MS);
  assert.deepEqual((await db.query([{ kinds: [10002] }])).map(({ pubkey }) => pubkey), [
    alice.pubkey,
  ]);
  assert.equal(net.relay("evil").stats.connections, 0);
});
