/**
 * The outbox model in three stories. Each throws if it does not come true.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";
import { follow } from "./client.ts";
import { startClock } from "./demo_clock.ts";
import { legacyClient } from "./legacy.ts";
import { type OutboxClient, outboxClient } from "./outbox.ts";

/** Where the stories are set. */
interface Stage {
  /** A big public relay. The one relay that clients are configured with. */
  readonly hub: RelayServer;
  /** Has everybody's relay lists. */
  readonly indexer: RelayServer;
  /** Three small relays. */
  readonly island: RelayServer;
  readonly harbour: RelayServer;
  readonly mailbox: RelayServer;
}

const alice = new Signer(1001);
const bob = new Signer(1002);
const NOW = 1_769_904_000;

/** Tells all three, a line at a time. */
export async function tellStories(say: (line: string) => void): Promise<void> {
  await using hub = RelayServer.start();
  await using indexer = RelayServer.start();
  await using island = RelayServer.start();
  await using harbour = RelayServer.start();
  await using mailbox = RelayServer.start();
  const stage: Stage = { hub, indexer, island, harbour, mailbox };

  const write = [island.url], read = [mailbox.url];
  indexer.seed([
    alice.relayList({ write, read }, { created_at: NOW }),
    bob.relayList({ both: [hub.url] }, { created_at: NOW }),
  ]);
  await using alices = await clientOf("Alice", stage);
  await using bobs = await clientOf("Bob", stage);
  await alices.learn([alice.pubkey, bob.pubkey]);
  await bobs.learn([alice.pubkey, bob.pubkey]);

  await findsPosts(stage, alices, bobs);
  say("Bob reads Alice on a relay he never configured; a client of big relays finds nothing.");
  await reachesInbox(stage, alices, bobs);
  say("Bob mentions Alice; it arrives, live, at the inbox she reads, not where she writes.");
  await followsMove(stage, alices, bobs);
  say("Alice moves to another relay; Bob's client hears of it and reads her next post there.");
}

function clientOf(name: string, { hub, indexer }: Stage): Promise<OutboxClient> {
  return outboxClient({
    name,
    fallbackRelays: [hub.url],
    indexer: indexer.url,
    policy: { allowLocal: true, allowInsecure: true },
    clock: startClock(NOW),
  });
}

/** A follower finds posts on relays it never configured. */
async function findsPosts({ hub, island }: Stage, alices: OutboxClient, bobs: OutboxClient) {
  const post = alice.sign({ content: "Greetings from my island", created_at: NOW });
  await alices.pool.event(post);
  assert.ok(island.has(post.id) && !hub.has(post.id), "the post is on Alice's own relay alone");

  const filter = { kinds: [1], authors: [alice.pubkey] };
  await using legacy = legacyClient("legacy", [hub.url]);
  assert.deepEqual(await legacy.read([filter]), [], "the big relay has no post of hers");
  assert.deepEqual(ids(await bobs.read([filter])), [post.id], "Bob finds her post");
}

/** A mention reaches the tagged user's inbox. */
async function reachesInbox(
  { island, mailbox }: Stage,
  alices: OutboxClient,
  bobs: OutboxClient,
) {
  const mentions = await follow(alices.pool, [{ kinds: [1], "#p": [alice.pubkey] }]);
  const mention = bob.sign({
    content: "Hello, Alice!",
    tags: [["p", alice.pubkey]],
    created_at: NOW + 1,
  });
  await bobs.pool.event(mention);
  assert.equal((await mentions.next()).id, mention.id, "Alice hears of it, live");
  assert.ok(mailbox.has(mention.id) && !island.has(mention.id), "it is in her inbox alone");
  mentions.stop();
}

/** A user moves relays and the follower follows. */
async function followsMove(
  { island, harbour, mailbox }: Stage,
  alices: OutboxClient,
  bobs: OutboxClient,
) {
  const lists = await follow(bobs.pool, [{ kinds: [10002], authors: [alice.pubkey] }]);

  const relays = { write: [harbour.url], read: [mailbox.url] };
  const moved = alice.relayList(relays, { created_at: NOW + 2 });
  await alices.pool.event(moved); // to the new relay, the old one and the indexer
  await alices.store.event(moved);
  const post = alice.sign({ content: "I live in the harbour now", created_at: NOW + 3 });
  await alices.pool.event(post);
  assert.ok(harbour.has(post.id) && !island.has(post.id), "she writes to the new relay alone");

  const heard = await lists.next();
  assert.equal(heard.id, moved.id, "Bob hears of the new list");
  await bobs.store.event(heard);
  lists.stop();
  const found = await bobs.read([{ authors: [alice.pubkey], since: NOW + 3 }]);
  assert.deepEqual(ids(found), [post.id], "Bob finds the post on the new relay");
}

function ids(events: readonly NostrEvent[]): string[] {
  return events.map(({ id }) => id);
}
