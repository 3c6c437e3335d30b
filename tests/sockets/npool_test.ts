import { NPool, NRelay1 } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import { openSqlite } from "../../src/db/sqlite.ts";
import { createEventRouter, createReqRouter, RelayListStore, RoutingError } from "../../src/mod.ts";
import type { RouterOptions, UnroutedReason } from "../../src/mod.ts";
import { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";

const alice = new Signer(1);
const bob = new Signer(2);
const carol = new Signer(3);
const policy = { allowLocal: true, allowInsecure: true };

/** The program at the top of the README, on loopback. */
async function openPool(options: RouterOptions = {}) {
  const db = await openSqlite(":memory:");
  const store = new RelayListStore(db);
  const routing = { policy, ...options };
  const pool = new NPool({
    open: (url) => new NRelay1(url),
    reqRouter: createReqRouter(store, routing),
    eventRouter: createEventRouter(store, routing),
    // Wait for every relay: here they are all alive.
    eoseTimeout: 0,
  });
  const close = async () => {
    await pool.close();
    await db[Symbol.asyncDispose]();
  };
  return { pool, store, [Symbol.asyncDispose]: close };
}

function ids(events: readonly NostrEvent[]): string[] {
  return events.map(({ id }) => id);
}

/** As many relays as asked for, stopped together. */
function startRelays(count: number) {
  const relays = Array.from({ length: count }, () => RelayServer.start());
  return {
    relays,
    async [Symbol.asyncDispose]() {
      await Promise.all(relays.map((relay) => relay.stop()));
    },
  };
}

Deno.test("NPool finds the posts of each author on that author's own relays", async () => {
  await using network = startRelays(3);
  const [first, second, unrelated] = network.relays;
  const posts = [alice.sign({ content: "a" }), bob.sign({ content: "b", created_at: 1 })];
  first.seed([posts[0]]);
  second.seed([posts[1]]);
  unrelated.seed(posts);
  await using client = await openPool();
  await client.store.event(alice.relayList({ write: [first.url] }));
  await client.store.event(bob.relayList({ write: [second.url], read: [unrelated.url] }));

  const filter = { kinds: [1], authors: [alice.pubkey, bob.pubkey] };
  assert.deepEqual(ids(await client.pool.query([filter])), ids(posts));
  assert.deepEqual(network.relays.map(({ stats }) => stats.connections), [1, 1, 0]);
});

Deno.test("NPool asks a relay only for the authors who list it", async () => {
  await using network = startRelays(2);
  const [first, second] = network.relays;
  await using client = await openPool();
  await client.store.event(alice.relayList({ both: [first.url] }));
  await client.store.event(bob.relayList({ both: [second.url] }));
  const post = alice.sign();
  // Bob has posted on Alice's relay too, but his list does not name it.
  first.seed([post, bob.sign()]);

  const filter = { kinds: [1], authors: [alice.pubkey, bob.pubkey] };
  assert.deepEqual(ids(await client.pool.query([filter])), ids([post]));
  assert.deepEqual([first.stats.filters, second.stats.filters], [1, 1]);
});

Deno.test("NPool.req() yields EOSE once every routed relay has, and goes on live", async () => {
  await using network = startRelays(2);
  const [first, second] = network.relays;
  await using client = await openPool();
  await client.store.event(alice.relayList({ both: [first.url] }));
  await client.store.event(bob.relayList({ both: [second.url] }));

  const authors = [alice.pubkey, bob.pubkey];
  const messages = client.pool.req([{ kinds: [1], authors }])[Symbol.asyncIterator]();
  assert.equal((await messages.next()).value?.[0], "EOSE");
  const post = bob.sign({ content: "live" });
  second.publish(post);
  assert.equal((await messages.next()).value?.[2].id, post.id);
  await messages.return?.();
});

Deno.test("NPool publishes an event to its author's write relays", async () => {
  await using network = startRelays(4);
  const [first, second, inbox, fallback] = network.relays;
  await using client = await openPool({ fallbackRelays: [fallback.url] });
  const relays = { write: [first.url], both: [second.url], read: [inbox.url] };
  await client.store.event(alice.relayList(relays));

  const post = alice.sign();
  await client.pool.event(post);
  await Promise.all([first.stored(post.id), second.stored(post.id)]);
  assert.deepEqual([inbox.open, fallback.open], [0, 0]);
});

Deno.test("NPool delivers a reply to the inbox of the user it tags", async () => {
  await using network = startRelays(3);
  const [alices, outbox, inbox] = network.relays;
  await using client = await openPool();
  await client.store.event(alice.relayList({ both: [alices.url] }));
  await client.store.event(bob.relayList({ write: [outbox.url], read: [inbox.url] }));

  const reply = alice.sign({ content: "I agree", tags: [["p", bob.pubkey]] });
  await client.pool.event(reply);
  await Promise.all([alices.stored(reply.id), inbox.stored(reply.id)]);
  assert.equal(outbox.open, 0);

  const mentions: NostrFilter = { kinds: [1], "#p": [bob.pubkey] };
  assert.deepEqual(ids(await client.pool.query([mentions])), ids([reply]));
  assert.deepEqual([inbox.stats.reqs, outbox.open], [1, 0]);
});

Deno.test("NPool asks the fallback relays for authors without a list", async () => {
  await using network = startRelays(2);
  const [alices, fallback] = network.relays;
  const posts = [alice.sign({ created_at: 2 }), carol.sign({ created_at: 1 })];
  alices.seed([posts[0]]);
  fallback.seed([posts[1]]);
  await using client = await openPool({ fallbackRelays: [fallback.url] });
  await client.store.event(alice.relayList({ both: [alices.url] }));

  const filter = { kinds: [1], authors: [alice.pubkey, carol.pubkey] };
  assert.deepEqual(ids(await client.pool.query([filter])), ids(posts));

  const post = carol.sign({ content: "from nowhere" });
  await client.pool.event(post);
  await fallback.stored(post.id);
});

Deno.test("NPool rejects a request and an event that cannot be routed", async () => {
  const reasons: UnroutedReason[] = [];
  const reported: string[] = [];
  await using client = await openPool({
    onError: ({ name }) => reported.push(name),
    onReqPlan: ({ unrouted }) => reasons.push(...unrouted.map(({ reason }) => reason)),
  });
  const filter = { kinds: [1], authors: [alice.pubkey] };

  const messages = client.pool.req([filter])[Symbol.asyncIterator]();
  await assert.rejects(messages.next(), RoutingError);
  await assert.rejects(client.pool.event(alice.sign()), RoutingError);
  // `query()` swallows what its router throws; `onError` and the plan still report it.
  assert.deepEqual(await client.pool.query([filter]), []);
  assert.deepEqual(reasons, ["no-list", "no-list"]);
  assert.deepEqual(reported, ["RoutingError", "RoutingError"]);
});

Deno.test("NIP-17: NPool never sends a gift wrap to the relays of a kind 10002 list", async () => {
  await using network = startRelays(2);
  const [bobs, fallback] = network.relays;
  await using client = await openPool({ fallbackRelays: [fallback.url] });
  await client.store.event(bob.relayList({ both: [bobs.url] }));

  const wrap = alice.sign({ kind: 1059, tags: [["p", bob.pubkey]] });
  await assert.rejects(client.pool.event(wrap), /10050/);
  assert.equal(client.pool.relays.size, 0);
});

Deno.test("NPool opens no more relays than the options allow", async () => {
  await using network = startRelays(6);
  await using client = await openPool({
    maxRelays: 3,
    fallbackRelays: [network.relays[5].url],
  });
  const signers = network.relays.slice(0, 5).map((_, i) => new Signer(10 + i));
  for (const [i, signer] of signers.entries()) {
    await client.store.event(signer.relayList({ both: [network.relays[i].url] }));
  }
  await client.pool.query([{ kinds: [1], authors: signers.map(({ pubkey }) => pubkey) }]);
  assert.equal(client.pool.relays.size, 3);
});

Deno.test("NPool asks the relays of an author's newer list once the store has it", async () => {
  await using network = startRelays(2);
  const [before, after] = network.relays;
  const post = alice.sign();
  after.seed([post]);
  await using client = await openPool();
  const filter = { kinds: [1], authors: [alice.pubkey] };

  await client.store.event(alice.relayList({ both: [before.url] }));
  assert.deepEqual(await client.pool.query([filter]), []);
  await client.store.event(alice.relayList({ both: [after.url] }, { created_at: 1_700_000_001 }));
  assert.deepEqual(ids(await client.pool.query([filter])), ids([post]));
});
